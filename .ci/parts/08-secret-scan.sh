# No secret in the repository or its history, by gitleaks; and it finds one that is planted.
stage 'secret scan' bash .ci/secret-scan.sh
