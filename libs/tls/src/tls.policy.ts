// TLS 1.3 and 1.2 with forward-secret AEAD suites only, hybrid post-quantum key exchange first (Mozilla 6.0 intermediate; ASVS 5.0
// V12.1). One function makes the complete options, for the start and for every swap: Node's setSecureContext replaces the whole
// policy, and what is left out would fall back to Node's defaults (CBC suites, the public CA store for client certificates).
import { constants } from 'node:crypto';
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

/** What changes from one swap to the next. */
export interface PolicyMaterial {
  /** Left out while a source has no certificate yet: every handshake is refused then. */
  readonly cert?: string;
  readonly key?: string;
  /** Who may issue client certificates: a private CA, never the public store. */
  readonly clientTrust?: { readonly ca: readonly string[]; readonly crl: readonly string[] };
  /** 48 random bytes, apart for each listener; kept across swaps so that sessions resume. */
  readonly ticketKeys?: Buffer;
  /** The same for every certificate of a service, so that a session resumes whichever name it is for. */
  readonly sessionIdContext?: string;
}

/** The complete options of a listener: nothing is left to Node's defaults. Times are in milliseconds. */
export function policyOptions(material: PolicyMaterial): SecureContextOptions & TlsOptions {
  const { cert, key, clientTrust, ticketKeys, sessionIdContext } = material;
  return {
    ...(cert && key ? { cert, key } : {}),
    ...(clientTrust ? { ca: [...clientTrust.ca] } : {}),
    ...(clientTrust && clientTrust.crl.length > 0 ? { crl: [...clientTrust.crl] } : {}),
    ...(ticketKeys ? { ticketKeys } : {}),
    ...(sessionIdContext ? { sessionIdContext } : {}),
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS,
    // A tuple: post-quantum wins even over a client that sent an X25519 share only; `?` tolerates an OpenSSL without it.
    ecdhCurve: '?X25519MLKEM768/X25519:P-256/P-384',
    honorCipherOrder: true,
    // TLS 1.2 clients would otherwise make the server calculate again and again on one connection (CVE-2011-1473).
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    handshakeTimeout: 10_000,
  };
}
