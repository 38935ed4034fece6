# OpenBao as this stack runs it: TLS 1.3 only, storage of its own, unsealed by a key of the volume `keys`, and set up by itself at its
# first start. Nobody ever holds a root token: the one of the initialisation is revoked at its end.
api_addr     = "https://openbao:8200"
cluster_addr = "https://openbao:8201"

listener "tcp" {
  address         = "0.0.0.0:8200"
  tls_cert_file   = "/keys/openbao/cert.pem"
  tls_key_file    = "/keys/openbao/key.pem"
  tls_min_version = "tls13"
}

storage "raft" {
  path    = "/openbao/file"
  node_id = "one"
}

seal "static" {
  current_key_id = "one"
  current_key    = "file:///keys/openbao/seal.key"
}

audit "file" "disk" {
  options = {
    file_path = "/openbao/logs/audit.log"
  }
}

initialize "engines" {
  request "key-value" {
    operation = "update"
    path      = "sys/mounts/secret"
    data      = { type = "kv", options = { version = "2" } }
  }
  request "database" {
    operation = "update"
    path      = "sys/mounts/database"
    data      = { type = "database" }
  }
  request "transit" {
    operation = "update"
    path      = "sys/mounts/transit"
    data      = { type = "transit" }
  }
  request "certificates" {
    operation = "update"
    path      = "sys/auth/cert"
    data      = { type = "cert" }
  }
}

# Signs for the services, where they ask for it (compose.vault-pki.yaml). Its CA is made by `certs`, so that everybody can trust it before
# the vault answers.
initialize "services-ca" {
  request "engine" {
    operation = "update"
    path      = "sys/mounts/pki"
    data      = { type = "pki", config = { max_lease_ttl = "720h" } }
  }
  request "ca" {
    operation = "update"
    path      = "pki/config/ca"
    data      = {
      pem_bundle = { eval_type = "string", eval_source = "file", path = "/keys/openbao/services-ca.pem" }
    }
  }
}

# Who makes the roles of the services (roles.sh): may make secrets but neither read nor change one.
initialize "roles" {
  request "policy" {
    operation = "update"
    path      = "sys/policies/acl/openbao-roles"
    data      = {
      policy = <<-EOT
        path "sys/policies/acl/service-*"     { capabilities = ["create", "read", "update"] }
        path "auth/cert/certs/service-*"      { capabilities = ["create", "read", "update"] }
        path "database/config/postgres"       { capabilities = ["create", "update"] }
        path "database/roles/*"               { capabilities = ["create", "read", "update"] }
        path "secret/data/*"                  { capabilities = ["create"] }
        path "secret/metadata/*"              { capabilities = ["list", "read"] }
        path "transit/keys/*"                 { capabilities = ["create", "read", "update"] }
        path "pki/roles/*"                    { capabilities = ["create", "read", "update"] }
        path "sys/tools/random/*"             { capabilities = ["update"] }
      EOT
    }
  }
  request "login" {
    operation = "update"
    path      = "auth/cert/certs/openbao-roles"
    data      = {
      certificate          = { eval_type = "string", eval_source = "file", path = "/keys/ca.pem" }
      allowed_common_names = "openbao-roles"
      token_policies       = "openbao-roles"
      token_ttl            = "5m"
      token_max_ttl        = "5m"
    }
  }
}
