# A certificate that the vault signs, renewed while it is served.
variant=(-f compose.yaml -f docker/compose.vault-pki.yaml)
VAULT_PKI_TTL=60s docker compose "${variant[@]}" up --no-build --wait >"$work/up.log" 2>&1 || { tail -n 40 "$work/up.log"; fail 'up with the PKI of the vault failed'; }
docker compose cp certs:/keys/services-ca.pem "$work/services-ca.pem" >/dev/null 2>&1
live() { curl -sS --max-time 10 --cacert "$1" -o /dev/null "https://localhost:$API_HTTPS_PORT/health/live" 2>/dev/null; }
serial() { openssl s_client -connect "localhost:$API_HTTPS_PORT" </dev/null 2>/dev/null | openssl x509 -noout -serial; }
! live "$work/ca.pem" || fail 'the certificate is still that of mkcert'
first=$(serial) begin=$SECONDS
while [[ $(serial) == "$first" ]]; do
  live "$work/services-ca.pem" || fail 'a call failed while the certificate was renewed'
  ((SECONDS - begin < 90)) || fail 'the certificate of a minute was not renewed'
  sleep 0.5
done
live "$work/services-ca.pem" || fail 'the renewed certificate is not trusted'
printf 'renewed after %d s\n' $((SECONDS - begin))
up 'up with the certificate of mkcert again'
