// Proofs that any replica has seen: one shown to another replica is a replay too (RFC 9449 §11.1). Each replica asks its own memory
// first, so what it saw itself it refuses whatever becomes of the shared one. While that is gone each goes on by its own alone, counted,
// except on routes that would rather be shut. A memory that begins anew, as after a restart, knows nothing of what was shown before: proofs
// that were made before it began are refused.
import { ProblemError } from '@gatehouse/problem-details';
import { type SharedMemory, sharedScript } from '../shared.memory.ts';
import type { ReplayGuard } from './replay.guard.ts';

/** Clocks of replicas may differ by this much. */
const CLOCKS_MS = 5_000;

/** How long a memory without any proof is known to be the same; longer than a proof lives. */
const MARK_MS = 7 * 86_400_000;

/** In one hash slot, as the keys of one script have to be in a cluster. */
const MARK = '{dpop}:since';

/** KEYS: mark, proof. ARGV: when the memory begins if there is none, how long the mark stays, when the proof was made, how long it stays. */
const TAKE = sharedScript(`local since = redis.call('GET', KEYS[1]) or ARGV[1]
redis.call('SET', KEYS[1], since, 'PX', ARGV[2])
if not KEYS[2] then return 'begun' end
if tonumber(ARGV[3]) < tonumber(since) then return 'unknown' end
if redis.call('SET', KEYS[2], '1', 'PX', ARGV[4], 'NX') then return 'first' end
return 'seen'`);

/** One proof. Times in milliseconds since the epoch. */
export interface ShownProof {
  readonly jkt: string;
  readonly jti: string;
  readonly issuedAt: number;
}

/** `unknown`: made before the memory began, so that nobody knows. */
export type ProofVerdict = 'first' | 'seen' | 'unknown';

/** See the head of the file. */
export class SharedProofs {
  /** Proofs by the memory that decided; `local` counts those that another replica would not know. */
  readonly counts = { shared: 0, local: 0 };
  private readonly unwatch?: () => void;

  constructor(
    private readonly guard: ReplayGuard,
    private readonly memory?: SharedMemory,
  ) {
    this.unwatch = memory?.watch((reason) => reason === undefined && void this.begin());
    void this.begin();
  }

  /**
   * Remembers a proof.
   * @throws ProblemError 503 when it cannot be remembered, or not by all replicas and `failClosed`
   */
  async take(proof: ShownProof, now: number, failClosed: boolean): Promise<ProofVerdict> {
    const { jkt, jti, issuedAt } = proof;
    if (!this.guard.take(jkt, jti, now)) return 'seen';
    const alone = issuedAt < this.guard.since ? 'unknown' : 'first';
    if (!this.memory) return alone;
    const key = `{dpop}:${this.guard.idOf(jkt, jti)}`;
    try {
      const args = [nextSecond(now), MARK_MS, issuedAt, this.guard.windowMs + CLOCKS_MS];
      const verdict = (await this.memory.evaluate(TAKE, [MARK, key], args)) as ProofVerdict;
      this.counts.shared += 1;
      return verdict;
    } catch (cause) {
      if (failClosed) throw new ProblemError('dependency-unavailable', { headers: { 'retry-after': '1' }, cause });
      this.counts.local += 1;
      return alone;
    }
  }

  close(): void {
    this.unwatch?.();
  }

  /** Says when the memory begins before anybody shows a proof, so that the first one is not refused for it. */
  private async begin(): Promise<void> {
    await this.memory?.evaluate(TAKE, [MARK], [nextSecond(Date.now()), MARK_MS]).catch(() => undefined); // the first proof will
  }
}

/** `iat` has whole seconds: one of the same second may be of before. */
const nextSecond = (now: number): number => Math.ceil(now / 1_000) * 1_000;
