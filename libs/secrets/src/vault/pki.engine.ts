// PKI: certificates of the vault's CA. `sign` is to be preferred: the private key then never travels.
import { Secret } from '../secret.ts';
import type { VaultSession } from './vault.session.ts';
import { VaultError } from './vault.error.ts';

/** What a certificate is asked for. */
export interface PkiRequest {
  readonly commonName: string;
  /** DNS names and e-mail addresses. */
  readonly altNames?: readonly string[];
  readonly ipSans?: readonly string[];
  /** A SPIFFE ID, for example; the role has to allow it (`allowed_uri_sans`). */
  readonly uriSans?: readonly string[];
  readonly ttlSeconds?: number;
}

/** A certificate; PEM. */
export interface PkiCertificate {
  readonly certificate: string;
  /** The issuing CA and those above it, leaf's issuer first. */
  readonly chain: readonly string[];
  readonly serialNumber: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A PKI mount. */
export class PkiEngine {
  constructor(
    private readonly session: VaultSession,
    private readonly mount: string,
  ) {}

  /** A certificate with a private key (PKCS #8) made by the vault. */
  async issue(role: string, request: PkiRequest): Promise<PkiCertificate & { readonly privateKey: Secret<string> }> {
    const body = { ...bodyOf(request), private_key_format: 'pkcs8' };
    const { data } = await this.session.call({ method: 'POST', path: [this.mount, 'issue', role], body });
    if (typeof data.private_key !== 'string') throw incomplete('issue');
    return { ...certificateOf(data, 'issue'), privateKey: new Secret(data.private_key) };
  }

  /** A certificate for a key of one's own. @param csr PEM */
  async sign(role: string, csr: string, request: PkiRequest): Promise<PkiCertificate> {
    const body = { ...bodyOf(request), csr };
    const { data } = await this.session.call({ method: 'POST', path: [this.mount, 'sign', role], body });
    return certificateOf(data, 'sign');
  }

  /** The certificate of the CA, PEM. */
  async ca(): Promise<string> {
    const { data } = await this.session.call({ method: 'GET', path: [this.mount, 'cert', 'ca'] });
    if (typeof data.certificate !== 'string') throw incomplete('cert/ca');
    return data.certificate;
  }

  async revoke(serialNumber: string): Promise<void> {
    await this.session.call({ method: 'POST', path: [this.mount, 'revoke'], body: { serial_number: serialNumber } });
  }
}

const bodyOf = ({ commonName, altNames, ipSans, uriSans, ttlSeconds }: PkiRequest) => ({
  common_name: commonName,
  ...(altNames?.length ? { alt_names: altNames.join(',') } : {}),
  ...(ipSans?.length ? { ip_sans: ipSans.join(',') } : {}),
  ...(uriSans?.length ? { uri_sans: uriSans.join(',') } : {}),
  ...(ttlSeconds === undefined ? {} : { ttl: `${ttlSeconds}s` }),
});

function certificateOf(data: Readonly<Record<string, unknown>>, action: string): PkiCertificate {
  const { certificate, issuing_ca: issuer, ca_chain: chain, serial_number: serial, expiration } = data;
  if (typeof certificate !== 'string' || typeof expiration !== 'number') throw incomplete(action);
  const above = Array.isArray(chain) && chain.length > 0 ? chain : [issuer];
  return {
    certificate,
    chain: above.filter((pem) => typeof pem === 'string'),
    serialNumber: String(serial),
    expiresAt: expiration * 1000,
  };
}

const incomplete = (action: string) =>
  new VaultError('refused', undefined, `pki/${action} gave an incomplete answer`, 'Check the mount and the role.');
