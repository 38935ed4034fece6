# The reference API over the wire, and what must not pass. sslscan and testssl.sh say the same, where they are installed.
stage 'conformance and TLS audit' bash .ci/conformance.sh
stage 'audit beside sslscan and testssl.sh' npm run --silent cross-check -w libs/conformance
