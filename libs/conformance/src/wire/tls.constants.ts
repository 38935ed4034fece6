// Numbers of the protocol, from the IANA TLS registries.

/** Protocol versions as they stand on the wire. */
export const VERSION = { ssl3: 0x0300, tls10: 0x0301, tls11: 0x0302, tls12: 0x0303, tls13: 0x0304 } as const;

/** Names for people, by number. */
export const VERSION_NAMES: Readonly<Record<number, string>> = {
  0x0002: 'SSL 2.0',
  [VERSION.ssl3]: 'SSL 3.0',
  [VERSION.tls10]: 'TLS 1.0',
  [VERSION.tls11]: 'TLS 1.1',
  [VERSION.tls12]: 'TLS 1.2',
  [VERSION.tls13]: 'TLS 1.3',
};

/** Record content types (RFC 8446 §5.1). */
export const CONTENT = { changeCipherSpec: 20, alert: 21, handshake: 22 } as const;

/** Handshake message types (RFC 8446 §4, RFC 5246 §7.4). */
export const HANDSHAKE = {
  clientHello: 1,
  serverHello: 2,
  certificate: 11,
  serverKeyExchange: 12,
  serverHelloDone: 14,
} as const;

/** Extension numbers. */
export const EXTENSION = {
  serverName: 0,
  supportedGroups: 10,
  ecPointFormats: 11,
  signatureAlgorithms: 13,
  alpn: 16,
  extendedMasterSecret: 23,
  sessionTicket: 35,
  supportedVersions: 43,
  pskKeyExchangeModes: 45,
  keyShare: 51,
  renegotiationInfo: 0xff01,
} as const;

/** Key exchange groups worth asking for, by name (IANA "TLS Supported Groups"). */
export const GROUP = {
  X25519MLKEM768: 0x11ec,
  SecP256r1MLKEM768: 0x11eb,
  SecP384r1MLKEM1024: 0x11ed,
  x25519: 0x001d,
  x448: 0x001e,
  secp256r1: 0x0017,
  secp384r1: 0x0018,
  secp521r1: 0x0019,
  ffdhe2048: 0x0100,
  ffdhe3072: 0x0101,
  ffdhe4096: 0x0102,
  ffdhe6144: 0x0103,
  ffdhe8192: 0x0104,
  secp256k1: 0x0016,
  secp224r1: 0x0015,
  secp192r1: 0x0013,
  secp160r1: 0x0010,
  sect163k1: 0x0001,
  sect233k1: 0x0006,
  sect283k1: 0x0009,
} as const;

export type GroupName = keyof typeof GROUP;

/** The name of a group number, or its hexadecimal form. */
export function groupName(id: number): string {
  const known = Object.entries(GROUP).find(([, value]) => value === id);
  return known?.[0] ?? `0x${id.toString(16).padStart(4, '0')}`;
}

/** Every signature scheme that a server of any age may ask for; ours is never used to sign. */
export const SIGNATURE_SCHEMES: readonly number[] = [
  0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501, 0x0601,
  0x0303, 0x0301, 0x0203, 0x0201, 0x0202, 0x0402,
];
