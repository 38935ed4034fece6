// The cipher suites that a server of any age may speak, by number, and what is wrong with each. Node can offer only a few
// of them any more, so they are asked for by number. Left out: suites that need a shared secret first (PSK, SRP, GOST).
// Source: IANA "TLS Cipher Suites"; weaknesses: RFC 7465 (RC4), RFC 7525/9325, SWEET32, and Lucky Thirteen for CBC.
import type { Severity } from '../check.ts';
import { VERSION } from './tls.constants.ts';

/** A suite as IANA registers it. */
export interface CipherSuite {
  readonly id: number;
  readonly name: string;
}

/** A reason not to offer a suite. */
export interface SuiteWeakness {
  readonly reason: string;
  readonly severity: Severity;
}

const RULES: readonly (readonly [RegExp, SuiteWeakness])[] = [
  [/_NULL_/, { severity: 'critical', reason: 'does not encrypt' }],
  [/_anon_/, { severity: 'critical', reason: 'does not authenticate the server' }],
  [/EXPORT/, { severity: 'critical', reason: 'has export-grade keys, broken in hours' }],
  [/_RC4_/, { severity: 'high', reason: 'is RC4, which leaks plaintext (RFC 7465)' }],
  [/_(3DES_EDE|DES|RC2|IDEA)_/, { severity: 'high', reason: 'has blocks of 64 bits or short keys (SWEET32)' }],
  [/^TLS_(RSA|ECDH_(RSA|ECDSA))_WITH_/, { severity: 'medium', reason: 'has no forward secrecy' }],
  [/_CBC_/, { severity: 'medium', reason: 'is CBC with MAC-then-encrypt (Lucky Thirteen)' }],
  [/^TLS_DHE_/, { severity: 'low', reason: 'is finite-field DHE, costly to answer (D(HE)at)' }],
  [/_CCM_8/, { severity: 'low', reason: 'has a tag of 64 bits' }],
];

/** Why a suite should not be offered, worst reason first, the same object for the same reason; undefined when it is fine. */
export function weaknessOf(name: string): SuiteWeakness | undefined {
  return RULES.find(([pattern]) => pattern.test(name))?.[1];
}

/** Suites that exist for a version; TLS 1.3 has its own. AEAD suites need 1.2. */
export function suitesFor(version: number): readonly CipherSuite[] {
  if (version === VERSION.tls13) return SUITES.filter(isTls13);
  const before13 = SUITES.filter((suite) => !isTls13(suite));
  return version === VERSION.tls12
    ? before13
    : before13.filter(({ name }) => !/GCM|CCM|CHACHA|SHA256$|SHA384$/.test(name));
}

/** The registered name, or the number when it is not in the table. */
export function suiteName(id: number): string {
  return SUITES.find((suite) => suite.id === id)?.name ?? `0x${id.toString(16).padStart(4, '0')}`;
}

const isTls13 = ({ id }: CipherSuite): boolean => id >> 8 === 0x13;

const TABLE = `
  1301 AES_128_GCM_SHA256
  1302 AES_256_GCM_SHA384
  1303 CHACHA20_POLY1305_SHA256
  1304 AES_128_CCM_SHA256
  1305 AES_128_CCM_8_SHA256
  0001 RSA_WITH_NULL_MD5
  0002 RSA_WITH_NULL_SHA
  0003 RSA_EXPORT_WITH_RC4_40_MD5
  0004 RSA_WITH_RC4_128_MD5
  0005 RSA_WITH_RC4_128_SHA
  0006 RSA_EXPORT_WITH_RC2_CBC_40_MD5
  0007 RSA_WITH_IDEA_CBC_SHA
  0008 RSA_EXPORT_WITH_DES40_CBC_SHA
  0009 RSA_WITH_DES_CBC_SHA
  000a RSA_WITH_3DES_EDE_CBC_SHA
  0011 DHE_DSS_EXPORT_WITH_DES40_CBC_SHA
  0012 DHE_DSS_WITH_DES_CBC_SHA
  0013 DHE_DSS_WITH_3DES_EDE_CBC_SHA
  0014 DHE_RSA_EXPORT_WITH_DES40_CBC_SHA
  0015 DHE_RSA_WITH_DES_CBC_SHA
  0016 DHE_RSA_WITH_3DES_EDE_CBC_SHA
  0017 DH_anon_EXPORT_WITH_RC4_40_MD5
  0018 DH_anon_WITH_RC4_128_MD5
  0019 DH_anon_EXPORT_WITH_DES40_CBC_SHA
  001a DH_anon_WITH_DES_CBC_SHA
  001b DH_anon_WITH_3DES_EDE_CBC_SHA
  002f RSA_WITH_AES_128_CBC_SHA
  0032 DHE_DSS_WITH_AES_128_CBC_SHA
  0033 DHE_RSA_WITH_AES_128_CBC_SHA
  0034 DH_anon_WITH_AES_128_CBC_SHA
  0035 RSA_WITH_AES_256_CBC_SHA
  0038 DHE_DSS_WITH_AES_256_CBC_SHA
  0039 DHE_RSA_WITH_AES_256_CBC_SHA
  003a DH_anon_WITH_AES_256_CBC_SHA
  003b RSA_WITH_NULL_SHA256
  003c RSA_WITH_AES_128_CBC_SHA256
  003d RSA_WITH_AES_256_CBC_SHA256
  0040 DHE_DSS_WITH_AES_128_CBC_SHA256
  0041 RSA_WITH_CAMELLIA_128_CBC_SHA
  0044 DHE_DSS_WITH_CAMELLIA_128_CBC_SHA
  0045 DHE_RSA_WITH_CAMELLIA_128_CBC_SHA
  0046 DH_anon_WITH_CAMELLIA_128_CBC_SHA
  0067 DHE_RSA_WITH_AES_128_CBC_SHA256
  006a DHE_DSS_WITH_AES_256_CBC_SHA256
  006b DHE_RSA_WITH_AES_256_CBC_SHA256
  006c DH_anon_WITH_AES_128_CBC_SHA256
  006d DH_anon_WITH_AES_256_CBC_SHA256
  0084 RSA_WITH_CAMELLIA_256_CBC_SHA
  0087 DHE_DSS_WITH_CAMELLIA_256_CBC_SHA
  0088 DHE_RSA_WITH_CAMELLIA_256_CBC_SHA
  0089 DH_anon_WITH_CAMELLIA_256_CBC_SHA
  0096 RSA_WITH_SEED_CBC_SHA
  0099 DHE_DSS_WITH_SEED_CBC_SHA
  009a DHE_RSA_WITH_SEED_CBC_SHA
  009c RSA_WITH_AES_128_GCM_SHA256
  009d RSA_WITH_AES_256_GCM_SHA384
  009e DHE_RSA_WITH_AES_128_GCM_SHA256
  009f DHE_RSA_WITH_AES_256_GCM_SHA384
  00a2 DHE_DSS_WITH_AES_128_GCM_SHA256
  00a3 DHE_DSS_WITH_AES_256_GCM_SHA384
  00a6 DH_anon_WITH_AES_128_GCM_SHA256
  00a7 DH_anon_WITH_AES_256_GCM_SHA384
  00ba RSA_WITH_CAMELLIA_128_CBC_SHA256
  00bd DHE_DSS_WITH_CAMELLIA_128_CBC_SHA256
  00be DHE_RSA_WITH_CAMELLIA_128_CBC_SHA256
  00bf DH_anon_WITH_CAMELLIA_128_CBC_SHA256
  00c0 RSA_WITH_CAMELLIA_256_CBC_SHA256
  00c3 DHE_DSS_WITH_CAMELLIA_256_CBC_SHA256
  00c4 DHE_RSA_WITH_CAMELLIA_256_CBC_SHA256
  00c5 DH_anon_WITH_CAMELLIA_256_CBC_SHA256
  c001 ECDH_ECDSA_WITH_NULL_SHA
  c002 ECDH_ECDSA_WITH_RC4_128_SHA
  c003 ECDH_ECDSA_WITH_3DES_EDE_CBC_SHA
  c004 ECDH_ECDSA_WITH_AES_128_CBC_SHA
  c005 ECDH_ECDSA_WITH_AES_256_CBC_SHA
  c006 ECDHE_ECDSA_WITH_NULL_SHA
  c007 ECDHE_ECDSA_WITH_RC4_128_SHA
  c008 ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA
  c009 ECDHE_ECDSA_WITH_AES_128_CBC_SHA
  c00a ECDHE_ECDSA_WITH_AES_256_CBC_SHA
  c00b ECDH_RSA_WITH_NULL_SHA
  c00c ECDH_RSA_WITH_RC4_128_SHA
  c00d ECDH_RSA_WITH_3DES_EDE_CBC_SHA
  c00e ECDH_RSA_WITH_AES_128_CBC_SHA
  c00f ECDH_RSA_WITH_AES_256_CBC_SHA
  c010 ECDHE_RSA_WITH_NULL_SHA
  c011 ECDHE_RSA_WITH_RC4_128_SHA
  c012 ECDHE_RSA_WITH_3DES_EDE_CBC_SHA
  c013 ECDHE_RSA_WITH_AES_128_CBC_SHA
  c014 ECDHE_RSA_WITH_AES_256_CBC_SHA
  c015 ECDH_anon_WITH_NULL_SHA
  c016 ECDH_anon_WITH_RC4_128_SHA
  c017 ECDH_anon_WITH_3DES_EDE_CBC_SHA
  c018 ECDH_anon_WITH_AES_128_CBC_SHA
  c019 ECDH_anon_WITH_AES_256_CBC_SHA
  c023 ECDHE_ECDSA_WITH_AES_128_CBC_SHA256
  c024 ECDHE_ECDSA_WITH_AES_256_CBC_SHA384
  c027 ECDHE_RSA_WITH_AES_128_CBC_SHA256
  c028 ECDHE_RSA_WITH_AES_256_CBC_SHA384
  c02b ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
  c02c ECDHE_ECDSA_WITH_AES_256_GCM_SHA384
  c02f ECDHE_RSA_WITH_AES_128_GCM_SHA256
  c030 ECDHE_RSA_WITH_AES_256_GCM_SHA384
  c050 RSA_WITH_ARIA_128_GCM_SHA256
  c051 RSA_WITH_ARIA_256_GCM_SHA384
  c052 DHE_RSA_WITH_ARIA_128_GCM_SHA256
  c053 DHE_RSA_WITH_ARIA_256_GCM_SHA384
  c056 DHE_DSS_WITH_ARIA_128_GCM_SHA256
  c057 DHE_DSS_WITH_ARIA_256_GCM_SHA384
  c05c ECDHE_ECDSA_WITH_ARIA_128_GCM_SHA256
  c05d ECDHE_ECDSA_WITH_ARIA_256_GCM_SHA384
  c060 ECDHE_RSA_WITH_ARIA_128_GCM_SHA256
  c061 ECDHE_RSA_WITH_ARIA_256_GCM_SHA384
  c072 ECDHE_ECDSA_WITH_CAMELLIA_128_CBC_SHA256
  c073 ECDHE_ECDSA_WITH_CAMELLIA_256_CBC_SHA384
  c076 ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256
  c077 ECDHE_RSA_WITH_CAMELLIA_256_CBC_SHA384
  c09c RSA_WITH_AES_128_CCM
  c09d RSA_WITH_AES_256_CCM
  c09e DHE_RSA_WITH_AES_128_CCM
  c09f DHE_RSA_WITH_AES_256_CCM
  c0a0 RSA_WITH_AES_128_CCM_8
  c0a1 RSA_WITH_AES_256_CCM_8
  c0a2 DHE_RSA_WITH_AES_128_CCM_8
  c0a3 DHE_RSA_WITH_AES_256_CCM_8
  c0ac ECDHE_ECDSA_WITH_AES_128_CCM
  c0ad ECDHE_ECDSA_WITH_AES_256_CCM
  c0ae ECDHE_ECDSA_WITH_AES_128_CCM_8
  c0af ECDHE_ECDSA_WITH_AES_256_CCM_8
  cca8 ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256
  cca9 ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
  ccaa DHE_RSA_WITH_CHACHA20_POLY1305_SHA256
`;

/** Every known suite. */
export const SUITES: readonly CipherSuite[] = TABLE.trim()
  .split('\n')
  .map((line) => line.trim().split(' '))
  .map(([id, name]) => ({ id: Number.parseInt(id, 16), name: `TLS_${name}` }));
