// A certificate for a laptop from an embedded CA, so that HTTPS works on the first start. Keys are readable by their owner only, and
// the CA may sign for loopback names alone. Refused in production.
import { webcrypto, X509Certificate as NodeCertificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isIP } from 'node:net';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';
import type { CertificateMaterial } from './certificate.source.ts';

const DAY_MS = 86_400_000;
const CA_DAYS = 825;
const LEAF_DAYS = 90;
const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Finds or makes the certificate; `caFile` is what a client has to trust. */
export async function developmentCertificate(
  stateFolder: string,
  service: string,
  names: readonly string[],
): Promise<CertificateMaterial & { caFile: string }> {
  x509.cryptoProvider.set(webcrypto as never);
  const caFile = join(stateFolder, 'ca', 'ca.pem');
  const ca = await readOrMake(caFile, join(stateFolder, 'ca', 'ca.key'), makeAuthority, () => true);
  const folder = join(stateFolder, service, 'tls');
  const serves = (pem: string) => {
    const leaf = new NodeCertificate(pem);
    return (
      leaf.verify(new NodeCertificate(ca.cert).publicKey) &&
      names.every((name) => (isIP(name) ? leaf.checkIP(name) : leaf.checkHost(name)))
    );
  };
  const leaf = await readOrMake(join(folder, 'leaf.pem'), join(folder, 'leaf.key'), () => makeLeaf(ca, names), serves);
  return { ...leaf, caFile };
}

async function readOrMake(
  certFile: string,
  keyFile: string,
  make: () => Promise<CertificateMaterial>,
  fits: (pem: string) => boolean,
): Promise<CertificateMaterial> {
  const [cert, key] = await Promise.all(
    [certFile, keyFile].map((file) => readFile(file, 'utf8').catch(() => undefined)),
  );
  if (cert && key && remaining(cert) > 1 / 3 && fits(cert)) return { cert, key };
  const made = await make();
  await mkdir(dirname(certFile), { recursive: true, mode: 0o700 });
  await write(keyFile, made.key, 0o600);
  await write(certFile, made.cert, 0o644);
  return made;
}

/** Part of the lifetime that is left, 0–1. */
function remaining(pem: string): number {
  const { validFromDate, validToDate } = new NodeCertificate(pem);
  return (validToDate.getTime() - Date.now()) / (validToDate.getTime() - validFromDate.getTime());
}

async function write(file: string, text: string, mode: number): Promise<void> {
  const temporary = `${file}.${process.pid}`;
  await writeFile(temporary, text, { mode });
  await rename(temporary, file);
}

const newKeys = () => webcrypto.subtle.generateKey(P256, true, ['sign', 'verify']);
const dates = (days: number) => ({
  notBefore: new Date(Date.now() - 60_000),
  notAfter: new Date(Date.now() + days * DAY_MS),
});
const serial = () => Buffer.from(webcrypto.getRandomValues(new Uint8Array(16))).toString('hex');

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key as never), 'PRIVATE KEY');
}

async function makeAuthority(): Promise<CertificateMaterial> {
  const keys = await newKeys();
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serial(),
    name: 'CN=Gatehouse development CA',
    ...dates(CA_DAYS),
    signingAlgorithm: P256,
    keys: keys as never,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
    ],
  });
  return { cert: ca.toString('pem'), key: await keyPem(keys.privateKey as never) };
}

async function makeLeaf(ca: CertificateMaterial, names: readonly string[]): Promise<CertificateMaterial> {
  const keys = await newKeys();
  const signingKey = await webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(ca.key), P256, false, [
    'sign',
  ]);
  const leaf = await x509.X509CertificateGenerator.create({
    serialNumber: serial(),
    subject: 'CN=localhost',
    issuer: new x509.X509Certificate(ca.cert).subject,
    ...dates(LEAF_DAYS),
    signingAlgorithm: P256,
    publicKey: keys.publicKey as never,
    signingKey: signingKey as never,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1']),
      new x509.SubjectAlternativeNameExtension(
        names.map((name) => ({ type: isIP(name) ? 'ip' : 'dns', value: name }) as const),
      ),
    ],
  });
  return { cert: leaf.toString('pem'), key: await keyPem(keys.privateKey as never) };
}
