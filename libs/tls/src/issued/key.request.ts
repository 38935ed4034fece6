// A new key and a request for a certificate of it (PKCS #10, RFC 2986): the private key is made here and never travels.
import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import 'reflect-metadata'; // @peculiar/x509 refuses to load without it
import * as x509 from '@peculiar/x509';

const P256 = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

x509.cryptoProvider.set(webcrypto as never);

/** The key in PKCS #8, PEM, and the request in DER. */
export interface KeyRequest {
  readonly key: string;
  readonly csr: Buffer;
}

/** @param names DNS names and IP addresses; @param uris URI subjectAltNames */
export async function newKeyRequest(names: readonly string[], uris: readonly string[] = []): Promise<KeyRequest> {
  const keys = (await webcrypto.subtle.generateKey(P256, true, ['sign', 'verify'])) as never as Keys;
  const alternatives: x509.JsonGeneralNames = [
    ...names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value }) as const),
    ...uris.map((value) => ({ type: 'url', value }) as const),
  ];
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    keys,
    signingAlgorithm: P256,
    extensions: [new x509.SubjectAlternativeNameExtension(alternatives)],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey as never);
  return { key: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`, csr: Buffer.from(request.rawData) };
}

type Keys = x509.X509CertificateCreateSelfSignedParams['keys'];
