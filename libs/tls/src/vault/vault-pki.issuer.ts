// Certificates from the PKI engine of OpenBao or Vault, for keys that are made here: the vault signs a request and never sees a key.
// Short-lived, so that a stolen one is soon worthless. Who talks to the vault is the program: this lib knows no vault client.
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { readChain } from '../certificate.facts.ts';
import type { CertificateIssuer, CertificateOrder } from '../issued/certificate.issuer.ts';
import { IssuerError } from '../issued/issuer.error.ts';
import type { VaultPkiOptions } from './vault-pki.options.ts';

/** What the vault is asked to sign. */
export interface VaultSignRequest {
  readonly mount: string;
  readonly role: string;
  /** PEM. */
  readonly csr: string;
  readonly commonName: string;
  readonly altNames: readonly string[];
  readonly ipSans: readonly string[];
  readonly uriSans: readonly string[];
  readonly ttlSeconds?: number;
}

/** The program's way to its vault. */
export interface VaultSigner {
  /**
   * Reads how the vault is reached, and asks it nothing: whatever is wrong with that stops the start, also where a certificate is stored.
   *
   * @throws Error whose message names the setting and the remedy
   */
  open?(): Promise<unknown>;
  /**
   * @returns the certificate, and those above it, PEM
   * @throws Error whose message has the remedy
   */
  sign(request: VaultSignRequest): Promise<{ readonly certificate: string; readonly chain: readonly string[] }>;
}

/** See the head of the file. */
export class VaultPkiIssuer implements CertificateIssuer {
  readonly name = 'vault-pki';
  readonly uris: readonly string[];

  constructor(
    private readonly options: VaultPkiOptions,
    private readonly signer: VaultSigner,
  ) {
    this.uris = options.spiffeId === undefined ? [] : [options.spiffeId];
  }

  async issue({ names, csr }: CertificateOrder): Promise<string> {
    const { mount, role, ttlSeconds } = this.options;
    const dnsNames = names.filter((name) => isIP(name) === 0);
    const [commonName = '', ...altNames] = dnsNames;
    const ipSans = names.filter((name) => isIP(name) !== 0);
    const request = { mount, role, csr: pemOf(csr), commonName, altNames, ipSans, uriSans: this.uris, ttlSeconds };
    const { certificate, chain } = await this.signer.sign(request).catch((error: Error) => {
      throw this.explained(error, names);
    });
    this.checkIdentity(certificate);
    return [certificate, ...chain.filter((pem) => !isRoot(pem))].map((pem) => pem.trim()).join('\n');
  }

  private explained(error: Error & { isTransient?: unknown }, names: readonly string[]): IssuerError {
    const { mount, role } = this.options;
    const reason = `${mount}/sign/${role}: ${error.message.replaceAll(/\s+/g, ' ')}`;
    if (error.isTransient === true) return new IssuerError(reason, { isTransient: true });
    return new IssuerError(`${reason} The role has to allow ${[...names, ...this.uris].join(', ')}.`);
  }

  /** A role that leaves the SPIFFE ID out would make this service a stranger to those that it calls. */
  private checkIdentity(certificate: string): void {
    const { spiffeId, mount, role } = this.options;
    const said = readChain(certificate)[0]?.subjectAltName ?? '';
    if (spiffeId === undefined || said.split(', ').includes(`URI:${spiffeId}`)) return;
    throw new IssuerError(
      `${mount}/sign/${role} left ${spiffeId} out: allow it in the role (allowed_uri_sans=${spiffeId}).`,
    );
  }
}

function isRoot(pem: string): boolean {
  const certificate = new X509Certificate(pem);
  return certificate.checkIssued(certificate);
}

const pemOf = (csr: Buffer) =>
  `-----BEGIN CERTIFICATE REQUEST-----\n${(csr.toString('base64').match(/.{1,64}/g) ?? []).join('\n')}\n-----END CERTIFICATE REQUEST-----\n`;
