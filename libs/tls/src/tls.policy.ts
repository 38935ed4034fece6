// TLS 1.3 and 1.2 with forward-secret AEAD suites only, hybrid post-quantum key exchange first (Mozilla intermediate; ASVS 5.0 V12.1).
import type { SecureContextOptions, TlsOptions } from 'node:tls';

const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/** The complete options of a listener for a certificate: nothing is left to Node's defaults. Times are in milliseconds. */
export function policyOptions(material: { cert: string; key: string }): SecureContextOptions & TlsOptions {
  return {
    ...material,
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS,
    // A tuple: post-quantum wins even over a client that sent an X25519 share only; `?` tolerates an OpenSSL without it.
    ecdhCurve: '?X25519MLKEM768/X25519:P-256/P-384',
    honorCipherOrder: true,
    handshakeTimeout: 10_000,
  };
}
