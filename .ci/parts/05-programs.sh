# What the tests drive, from Debian: an ACME server, mkcert, a scanner, a web server. With CI=true a test that misses one fails.
programs() {
  local packages=(pebble mkcert sslscan nginx-light openssl) missing=() package policy=/usr/sbin/policy-rc.d made=
  for package in "${packages[@]}"; do
    dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then
    echo "there: ${packages[*]}"
  elif ((EUID == 0)) && command -v apt-get >/dev/null; then
    # nginx is a subject of tests, and no service of this machine.
    [[ -e $policy ]] || { printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod +x "$policy"; made=1; }
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >/dev/null
    [[ -z $made ]] || rm "$policy"
    echo "installed: ${missing[*]}"
  else
    echo "missing, and this user cannot install them: ${missing[*]}"
  fi
}
stage 'programs for the tests' programs
