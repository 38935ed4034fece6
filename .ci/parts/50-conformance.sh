# The reference API over the wire, and what must not pass. sslscan and testssl.sh say the same, where they are installed.
stage 'conformance and TLS audit' bash .ci/conformance.sh
# testssl.sh 3.2 is in an image of its own: Debian 12 has an older one.
testssl_image() {
  [[ ! -x ../shared/docker-lab/up ]] || ../shared/docker-lab/up >/dev/null 2>&1 || true
  docker info >/dev/null 2>&1 || { echo 'left out: no running Docker'; return; }
  docker build -q -t gatehouse-testssl:3.2 -f libs/conformance/test/testssl.Dockerfile libs/conformance/test
}
stage 'testssl.sh' testssl_image
stage 'audit beside sslscan and testssl.sh' npm run --silent cross-check -w libs/conformance
