// What a certificate says, and whether it may be served: a pair that does not fit, a broken chain, a wrong name or a date out of
// range would each take the service down at the swap, so they are found before it.
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { isIP, isIPv6 } from 'node:net';
import type { CertificateMaterial } from './certificate.source.ts';
import { TlsError } from './tls.error.ts';

const USAGE = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };
const MIN_RSA_BITS = 2_048;

/** What is known of a certificate, ready to print. Times in milliseconds since the epoch. */
export interface CertificateFacts {
  readonly subject: string;
  /** DNS names and addresses of the subjectAltName. */
  readonly names: readonly string[];
  /** URIs of the subjectAltName: a SPIFFE ID. */
  readonly uris: readonly string[];
  readonly issuer: string;
  readonly serial: string;
  readonly fingerprint256: string;
  readonly notBefore: number;
  readonly notAfter: number;
}

/** Reads a leaf. */
export function factsOf(leaf: X509Certificate): CertificateFacts {
  const alternatives = leaf.subjectAltName?.split(', ') ?? [];
  return {
    subject: leaf.subject ?? '',
    names: alternatives
      .filter((name) => /^(DNS|IP Address):/.test(name))
      .map((name) => shortest(name.replace(/^[^:]+:/, ''))),
    uris: alternatives.filter((name) => name.startsWith('URI:')).map((name) => name.slice(4)),
    issuer: leaf.issuer,
    serial: leaf.serialNumber,
    fingerprint256: leaf.fingerprint256,
    notBefore: leaf.validFromDate.getTime(),
    notAfter: leaf.validToDate.getTime(),
  };
}

/** Part of the lifetime that is left: 1 at its begin, 0 and less from its end. */
export function remainingFraction(
  { notBefore, notAfter }: Pick<CertificateFacts, 'notBefore' | 'notAfter'>,
  now: number,
): number {
  return (notAfter - now) / Math.max(1, notAfter - notBefore);
}

/** Every certificate of a PEM text, in its order. @throws Error when one cannot be read */
export function readChain(pem: string): X509Certificate[] {
  const blocks = pem.match(
    /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g,
  );
  return (blocks ?? []).map((block) => new X509Certificate(block));
}

/** How many certificates a text has; none where one of them is damaged. */
export function countCertificates(pem: string): number {
  try {
    return readChain(pem).length;
  } catch {
    return 0;
  }
}

/** What a certificate is for; one that is for both sides serves for each. */
export type CertificatePurpose = keyof typeof USAGE;

/** See {@link validateMaterial}. */
export interface ValidationOptions {
  /** Names that the leaf has to cover; none: any. */
  readonly names?: readonly string[];
  /** `server` by default. */
  readonly purpose?: CertificatePurpose;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Where the material is from, for the message: a path. */
  readonly origin: string;
}

/**
 * Checks pair, chain, dates, purpose and names of what a source gave.
 *
 * @throws TlsError with what is wrong and the remedy
 */
export function validateMaterial(material: CertificateMaterial, options: ValidationOptions): CertificateFacts {
  const { origin, now, names = [], purpose = 'server' } = options;
  const [leaf, ...issuers] = chainOf(material.cert, origin);
  const key = keyOf(material.key, origin);
  if (!leaf.checkPrivateKey(key))
    throw new TlsError(`${origin}: the key is not the key of the certificate: give the pair that belongs together.`);
  if (key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) < MIN_RSA_BITS)
    throw new TlsError(`${origin}: the RSA key is shorter than ${MIN_RSA_BITS} bits: make a P-256 key.`);
  checkOrder([leaf, ...issuers], origin);
  const facts = factsOf(leaf);
  for (const certificate of [leaf, ...issuers]) checkDates(factsOf(certificate), now, origin);
  if (leaf.ca)
    throw new TlsError(`${origin}: the first certificate is a CA's: put the ${purpose}'s certificate first.`);
  const purposes = leaf.keyUsage as string[] | undefined;
  if (purposes && !purposes.includes(USAGE[purpose]))
    throw new TlsError(
      `${origin}: the certificate is not for ${purpose}s (extended key usage): order one with ${purpose}Auth.`,
    );
  const missing = names.filter((name) => !covers(leaf, name));
  if (missing.length > 0)
    throw new TlsError(
      `${origin}: the certificate is for ${facts.names.join(', ') || 'no name'}, not for ${missing.join(', ')}: order one with every name.`,
    );
  return facts;
}

/** Whether a certificate may be shown for a name; `*.example.com` is covered by the same wildcard only. */
export function covers(leaf: X509Certificate, name: string): boolean {
  if (isIP(name)) return leaf.checkIP(name) !== undefined;
  if (name.startsWith('*.')) return factsOf(leaf).names.some((own) => own.toLowerCase() === name.toLowerCase());
  return leaf.checkHost(name, { subject: 'never', partialWildcards: false }) !== undefined;
}

function chainOf(pem: string, origin: string): [X509Certificate, ...X509Certificate[]] {
  let chain: X509Certificate[];
  try {
    chain = readChain(pem);
  } catch (error) {
    throw new TlsError(`${origin}: a certificate is damaged (${(error as Error).message}): write the file again.`);
  }
  const [leaf, ...rest] = chain;
  if (!leaf)
    throw new TlsError(`${origin}: no valid PEM certificate in it: write the chain, the server's certificate first.`);
  if (pem.split('-----BEGIN ').length !== pem.split('-----END ').length)
    throw new TlsError(`${origin}: the PEM text ends in the middle: write the file again, by rename.`);
  return [leaf, ...rest];
}

function keyOf(pem: string, origin: string): KeyObject {
  if (/ENCRYPTED/.test(pem))
    throw new TlsError(`${origin}: the key is encrypted: decrypt it, and protect the file by its mode (0600).`);
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new TlsError(`${origin}: no valid PEM key (${(error as Error).message}): write the file again.`);
  }
}

function checkOrder(chain: readonly X509Certificate[], origin: string): void {
  chain.forEach((certificate, index) => {
    const issuer = chain[index + 1];
    if (!issuer || (certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey))) return;
    throw new TlsError(
      `${origin}: certificate ${index + 2} (${oneLine(issuer.subject)}) did not issue certificate ${index + 1} (${oneLine(certificate.subject)}): put the server's first, then each issuer.`,
    );
  });
}

function checkDates({ subject, notBefore, notAfter }: CertificateFacts, now: number, origin: string): void {
  if (notAfter <= now) throw new TlsError(`${origin}: ${oneLine(subject)} expired on ${iso(notAfter)}: renew it.`);
  if (notBefore > now)
    throw new TlsError(
      `${origin}: ${oneLine(subject)} is valid from ${iso(notBefore)} only: correct the clock, or wait.`,
    );
}

const oneLine = (name: string) => name?.replaceAll('\n', ', ') || '(no subject)';
const iso = (time: number) => new Date(time).toISOString();
/** An IPv6 address as people write it. */
const shortest = (name: string) => (isIPv6(name) ? new URL(`http://[${name}]/`).hostname.slice(1, -1) : name);
