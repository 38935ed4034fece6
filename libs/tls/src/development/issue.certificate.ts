// Makes the certificates of the embedded development CA. Extensions are those that strict verifiers ask for (RFC 5280 §4.2.1).
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import type { CertificateMaterial } from '../certificate.source.ts';
import { CA_DAYS, DAY_MS, LEAF_DAYS } from './lifetime.ts';
import { NAME_CONSTRAINTS, nameConstraints } from './name.constraints.ts';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';

x509.cryptoProvider.set(webcrypto as never);

/** A new CA that may sign for `names` alone, and for no further CA. */
export async function issueAuthority(names: readonly string[], now: number): Promise<CertificateMaterial> {
  const keys = await newKeys();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: 'CN=Gatehouse development CA',
    ...dates(CA_DAYS, now),
    signingAlgorithm: P256,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.Extension(NAME_CONSTRAINTS.oid, true, nameConstraints(names)),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: `${ca.toString('pem')}\n`, key: await keyPem(keys.privateKey) };
}

/** A new server certificate of that CA. */
export async function issueLeaf(
  authority: CertificateMaterial,
  names: readonly string[],
  now: number,
): Promise<CertificateMaterial> {
  const keys = await newKeys();
  const ca = new x509.X509Certificate(authority.cert);
  const { notBefore, notAfter } = dates(LEAF_DAYS, now);
  const pkcs8 = x509.PemConverter.decodeFirst(authority.key);
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: 'CN=Gatehouse development',
    issuer: ca.subject,
    notBefore,
    notAfter: notAfter < ca.notAfter ? notAfter : ca.notAfter,
    signingAlgorithm: P256,
    publicKey: keys.publicKey,
    signingKey: (await webcrypto.subtle.importKey('pkcs8', pkcs8, P256, false, ['sign'])) as CryptoKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([SERVER_AUTH]),
      new x509.SubjectAlternativeNameExtension(
        names.map((name) => ({ type: isIP(name) ? 'ip' : 'dns', value: name }) as const),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(ca.publicKey),
    ],
  });
  return { cert: `${leaf.toString('pem')}\n`, key: await keyPem(keys.privateKey) };
}

type CryptoKey = x509.X509CertificateCreateSelfSignedParams['keys']['privateKey'];

async function newKeys(): Promise<x509.X509CertificateCreateSelfSignedParams['keys']> {
  return (await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])) as never;
}

async function keyPem(key: CryptoKey): Promise<string> {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', key as never);
  return `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`;
}

/** A minute back, for a client whose clock is slow. */
const dates = (days: number, now: number) => ({
  notBefore: new Date(now - 60_000),
  notAfter: new Date(now + days * DAY_MS),
});

/** 127 random bits, positive (RFC 5280 §4.1.2.2). */
function serial(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}
