# No secret in an image.
docker compose exec -T postgres cat /keys/postgres/password /keys/postgres/key.pem >"$work/secrets"
docker compose exec -T api cat /keys/api/key.pem /keys/api/client.key /keys/api/valkey-password >>"$work/secrets"
grep -v -- '-----' "$work/secrets" | grep -E '.{16}' >"$work/patterns"
for image in $(docker compose config --images | sort -u); do
  mkdir -p "$work/image"
  docker save "$image" | tar -xC "$work/image"
  ! grep -rqaF -f "$work/patterns" "$work/image" || fail "$image holds a secret of the running stack"
  ! docker history --no-trunc --format '{{.CreatedBy}}' "$image" | grep -iE '(password|secret|token)=[^ ]' || fail "$image: a secret in its history"
  container=$(docker create "$image")
  docker export "$container" | tar -t >"$work/files"
  mkdir "$work/added"
  docker export "$container" | tar -xC "$work/added" --ignore-failed-read --wildcards 'app/*' 'etc/gatehouse/*' 'make.sh' 2>/dev/null || true
  docker rm -v "$container" >/dev/null
  [[ -n $(ls -A "$work/added") ]] || fail "$image adds no file that is known here"
  bash "$repo/.ci/secret-scan.sh" "$work/added" || fail "$image: a secret in what it adds"
  rm -rf "$work/added"
  ! grep -E '(^|/)(\.git|\.env|\.npmrc|\.gatehouse)(/|$)|^app/.*\.(pem|key|ts|map)$' "$work/files" || fail "$image holds the file above"
  chmod -R u+w "$work/image" && rm -rf "$work/image" "$work/files"
done
