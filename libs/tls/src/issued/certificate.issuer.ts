// Who signs for a key that this process made: an ACME CA, a vault. What they have in common (store, lock, renewal, back-off) is in
// issued.source.ts; an issuer only knows how to ask.

/** What a certificate is asked for. */
export interface CertificateOrder {
  /** DNS names and IP addresses. */
  readonly names: readonly string[];
  /** The request (PKCS #10, DER), signed by a key that stays here. */
  readonly csr: Buffer;
  /** The chain that this one takes the place of, PEM. */
  readonly previous?: string;
  /** Aborted when the source is closed. */
  readonly signal: AbortSignal;
}

/** When a CA wants a certificate renewed, in milliseconds since the epoch. */
export interface RenewalWindow {
  readonly start: number;
  readonly end: number;
}

/** See the head of the file. */
export interface CertificateIssuer {
  /** The name of the source: `acme`, `vault-pki`. */
  readonly name: string;
  /** URI subjectAltNames of the request: a SPIFFE ID. */
  readonly uris?: readonly string[];
  /**
   * Where a certificate is had only once the service listens (ACME: names are proved through it): sees before that whether the CA can
   * be asked. Without it, the first certificate is asked for before anything listens.
   *
   * @throws IssuerError
   */
  reach?(signal: AbortSignal): Promise<void>;
  /**
   * @returns the chain in PEM, leaf first
   * @throws IssuerError, whose message names the CA, and the remedy
   */
  issue(order: CertificateOrder): Promise<string>;
  /** What the CA suggests for a chain; undefined: nothing, so that a part of the lifetime decides. Must not throw. */
  renewalWindow?(chain: string, signal: AbortSignal): Promise<RenewalWindow | undefined>;
  /** See CertificateSource.challenge. */
  challenge?(token: string): Promise<string | undefined>;
  close?(): Promise<void>;
}
