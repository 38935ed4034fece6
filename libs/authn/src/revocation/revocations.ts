// What was taken back before its time: a token by its id, everything of a subject that was issued before a moment, an API key that
// changed. Every replica learns it from the feed within a poll; a cached credential is judged again when anything came.
import type { Principal } from '../principal.ts';

/**
 * `issuer-key`: tokens by the key of this id are refused, whatever the issuer still shows. `issuer-keys`: its keys are fetched at once, so that
 * one that it removed is refused now and not at the next refresh.
 */
export type RevocationKind = 'token' | 'subject' | 'api-key' | 'issuer-key' | 'issuer-keys';

/** One revocation. Times in milliseconds since the epoch. */
export interface Revocation {
  readonly kind: RevocationKind;
  /** Empty for an API key. */
  readonly issuer: string;
  /** jti, subject, or id of the key; empty for all keys of an issuer. */
  readonly value: string;
  /** Of a subject: what was issued up to then is refused. */
  readonly at: number;
  /** When nothing that it refuses can be valid any more. */
  readonly until: number;
}

/** What is judged. */
export interface Judged {
  readonly principal: Principal;
  readonly issuedAt: number;
  seen: number;
}

const SWEEP_EVERY_MS = 60_000;

export class Revocations {
  private readonly known = new Map<string, Revocation & { readonly number: number }>();
  private sweptAt = 0;
  /** Grows with each revocation that is new here. */
  count = 0;

  /** @param onNew told of each revocation that is new here, wherever it was made */
  constructor(private readonly onNew: (revocation: Revocation) => void = () => undefined) {}

  add(revocation: Revocation): void {
    const id = keyOf(revocation.kind, revocation.issuer, revocation.value);
    const known = this.known.get(id);
    if (known && known.at >= revocation.at && known.until >= revocation.until) return;
    this.count += 1;
    this.known.set(id, { ...revocation, number: this.count });
    this.onNew(revocation);
  }

  /** Every one that is known here. */
  all(): readonly Revocation[] {
    return [...this.known.values()];
  }

  /** False when it was revoked since it was found good. Costs one comparison while nothing new came. */
  accepts(judged: Judged): boolean {
    if (judged.seen === this.count) return true;
    if (this.refuses(judged)) return false;
    judged.seen = this.count;
    return true;
  }

  /** Forgets what is over. */
  sweep(now: number): void {
    if (now - this.sweptAt < SWEEP_EVERY_MS) return;
    this.sweptAt = now;
    for (const [id, { until }] of this.known) if (until < now) this.known.delete(id);
  }

  private refuses({ principal, issuedAt, seen }: Judged): boolean {
    const { kind, issuer, id, credentialId } = principal;
    if (kind === 'api-key') return (this.find('api-key', '', credentialId)?.number ?? 0) > seen;
    if (this.find('token', issuer, credentialId)) return true;
    return (this.find('subject', issuer, id)?.at ?? -Infinity) >= issuedAt;
  }

  private find(kind: Revocation['kind'], issuer: string, value: string | undefined) {
    return value === undefined ? undefined : this.known.get(keyOf(kind, issuer, value));
  }
}

const keyOf = (kind: string, issuer: string, value: string): string => JSON.stringify([kind, issuer, value]);
