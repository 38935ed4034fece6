// The pool of the user in force. When there is another one, new work goes to a new pool at once, the former finishes what it has and
// ends: no query fails, and no connection outlives the user whose it was.
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { CredentialSource, DatabaseUser } from './database.credentials.ts';

const LOOK_MS = 10;

/** See the head of the file. Without a source it is one pool for good. */
export class RotatingPool {
  private held: { readonly pool: pg.Pool; readonly user: DatabaseUser | undefined } | undefined;
  private readonly draining = new Set<Promise<void>>();

  /**
   * @param make a pool that connects as this user; connects when first asked
   * @param drainMs how long what is under way may take: no statement may take longer
   */
  constructor(
    private readonly make: (user: DatabaseUser | undefined) => pg.Pool,
    private readonly drainMs: number,
    private readonly source?: CredentialSource,
  ) {
    source?.onChange(async () => {
      this.inForce();
      await Promise.all(this.draining);
    });
  }

  /** @throws ProblemError `dependency-unavailable` while there is no user that may be used */
  inForce(): pg.Pool {
    const user = this.source?.current();
    const { held } = this;
    if (held && isSame(held.user, user)) return held.pool;
    this.held = { pool: this.make(user), user };
    if (held) this.retire(held.pool);
    return this.held.pool;
  }

  /** How busy the pool in force is: nothing yet, before it was first asked. */
  state(): { total: number; idle: number; waiting: number } {
    const { totalCount: total = 0, idleCount: idle = 0, waitingCount: waiting = 0 } = this.held?.pool ?? {};
    return { total, idle, waiting };
  }

  async end(): Promise<void> {
    const last = this.held?.pool.end();
    await Promise.all([last, ...this.draining]);
  }

  private retire(pool: pg.Pool): void {
    const drained = drain(pool, this.drainMs).finally(() => this.draining.delete(drained));
    this.draining.add(drained);
  }
}

const isSame = (one: DatabaseUser | undefined, other: DatabaseUser | undefined) =>
  one?.username === other?.username && one?.password === other?.password;

/** A pool that ends no longer serves who waits for a connection: it is ended when nobody does. */
async function drain(pool: pg.Pool, withinMs: number): Promise<void> {
  const until = performance.now() + withinMs;
  while (pool.waitingCount > 0 && performance.now() < until) await delay(LOOK_MS);
  const late = new AbortController();
  const left = Math.max(0, until - performance.now());
  await Promise.race([pool.end(), delay(left, undefined, { signal: late.signal, ref: false }).catch(() => undefined)]);
  late.abort();
}
