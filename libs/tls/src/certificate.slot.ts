// One certificate that is served: where it comes from, what is served now, and whether the two differ. What a source gives is checked
// before it is taken; the last good one stays until then.
import { X509Certificate } from 'node:crypto';
import {
  covers,
  readChain,
  validateMaterial,
  type CertificateFacts,
  type CertificatePurpose,
} from './certificate.facts.ts';
import type { CertificateMaterial, CertificateSource } from './certificate.source.ts';

/** What a slot serves. */
export interface ServedCertificate {
  readonly material: CertificateMaterial;
  readonly facts: CertificateFacts;
  readonly leaf: X509Certificate;
}

/** See the head of the file. */
export class CertificateSlot {
  served?: ServedCertificate;
  /** Why the newest material is not served, and since when (milliseconds since the epoch). */
  differs?: { readonly since: number; readonly reason: string };

  /** @param names what the certificate has to cover; none: whatever it says */
  constructor(
    readonly source: CertificateSource,
    private readonly names: readonly string[],
    private readonly now: () => number,
    private readonly purpose: CertificatePurpose = 'server',
  ) {}

  /**
   * The newest material of the source when it is another than the one served, checked.
   *
   * @throws TlsError when it must not be served
   */
  async candidate(): Promise<ServedCertificate | undefined> {
    const material = await this.source.current();
    if (!material) return undefined;
    if (material.cert === this.served?.material.cert && material.key === this.served.material.key) {
      this.differs = undefined;
      return undefined;
    }
    const facts = validateMaterial(material, {
      origin: this.origin,
      now: this.now(),
      names: this.names,
      purpose: this.purpose,
    });
    return { material, facts, leaf: readChain(material.cert)[0] as X509Certificate };
  }

  /** Where its material is from, for messages. */
  get origin(): string {
    return this.source.origin ?? `certificate source ${this.source.name}`;
  }

  /** Serves it from now on; returns what was served before. */
  take(next: ServedCertificate | undefined): ServedCertificate | undefined {
    const before = this.served;
    this.served = next;
    this.differs = undefined;
    return before;
  }

  /** Remembers that the newest is not served; returns false when that very reason was known. */
  refuse(reason: string): boolean {
    const known = this.differs?.reason === reason;
    this.differs = { since: this.differs?.since ?? this.now(), reason };
    return !known;
  }

  /** Whether the certificate is right for a server name. */
  covers(servername: string): boolean {
    return this.served !== undefined && covers(this.served.leaf, servername);
  }

  /** A server name that selects this certificate; undefined where it has addresses only. */
  get exampleName(): string | undefined {
    const name = this.served?.facts.names.find((each) => !/^[\d.]+$|:/.test(each));
    return name?.replace(/^\*/, 'probe');
  }
}
