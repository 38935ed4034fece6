# How confined each container is.
for container in $(docker compose ps -aq); do
  name=$(docker inspect -f '{{index .Config.Labels "com.docker.compose.service"}}' "$container")
  expect() { # expect WHAT VALUE FORMAT
    local seen
    seen=$(docker inspect -f "$3" "$container")
    [[ $seen == "$2" ]] || fail "$name: $1 is $seen, not $2"
  }
  expect 'read-only root' true '{{.HostConfig.ReadonlyRootfs}}'
  expect 'dropped capabilities' '[ALL]' '{{.HostConfig.CapDrop}}'
  expect 'security options' '[no-new-privileges:true]' '{{.HostConfig.SecurityOpt}}'
  expect 'privileged' false '{{.HostConfig.Privileged}}'
  case $name in
    certs) expect 'added capabilities' '[CHOWN]' '{{.HostConfig.CapAdd}}'; expect network none '{{.HostConfig.NetworkMode}}' ;;
    *)
      [[ $name != postgres-roles ]] || expect network none '{{.HostConfig.NetworkMode}}'
      expect 'added capabilities' '[]' '{{.HostConfig.CapAdd}}'
      user=$(docker inspect -f '{{.Config.User}}' "$container")
      [[ -n $user && $user != root* && $user != 0* ]] || fail "$name runs as ${user:-root}"
      ;;
  esac
  published=$(docker inspect -f '{{range $port, $to := .HostConfig.PortBindings}}{{range $to}}{{.HostIp}} {{end}}{{end}}' "$container")
  [[ -z ${published//127.0.0.1 /} ]] || fail "$name is published on $published"
  ! docker inspect -f '{{json .Config.Env}}' "$container" | grep -iE 'PASSWORD=|SECRET=|TOKEN=' || fail "$name has a secret in its environment"
done
[[ $(docker compose port api 9443 2>/dev/null || true) =~ ^(:0)?$ ]] || fail 'the management port is published'
docker compose exec -T api sh -c 'cat /keys/api/key.pem >/dev/null' || fail 'api cannot read its own key'
docker compose exec -T api sh -c 'cat /keys/api/client.key >/dev/null' || fail 'api cannot read its own client key'
for file in /keys/postgres/{key.pem,password,vault-password} /keys/openbao/{key.pem,seal.key,services-ca.pem} /keys/openbao-roles/client.key \
  /keys/valkey/{key.pem,client.key,users.acl,roles-password} /keys/issuer/key.pem; do
  ! docker compose exec -T api cat "$file" >/dev/null 2>&1 || fail "api can read $file"
done
! docker compose exec -T api sh -c 'touch /app/x' 2>/dev/null || fail 'api can write to its own program'
