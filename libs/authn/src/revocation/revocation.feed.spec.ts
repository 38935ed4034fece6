// The store of the revocations goes and comes back: credentials are accepted for a bounded time and then not at all, and what was revoked
// meanwhile is known before the first one is accepted again.
import { ProblemError } from '@gatehouse/problem-details';
import type { AuthnEvent } from '../authn.event.ts';
import { type Revocation, Revocations } from './revocations.ts';
import { RevocationFeed, type RevocationStore } from './revocation.feed.ts';

/** One for all replicas; `away` is a database that does not answer. */
class Store implements RevocationStore {
  readonly through = 'database';
  away = false;
  private readonly all: Revocation[] = [];

  async add(revocation: Revocation): Promise<void> {
    this.refuseWhileAway();
    this.all.push(revocation);
  }

  async recent(): Promise<Revocation[]> {
    this.refuseWhileAway();
    return [...this.all];
  }

  private refuseWhileAway(): void {
    if (this.away) throw new Error('connection refused');
  }
}

describe('the feed of revocations', () => {
  const store = new Store();
  const feeds: RevocationFeed[] = [];
  afterEach(() => feeds.splice(0).forEach((feed) => feed.close()));
  const revocation = { kind: 'token', issuer: 'i', value: 'one', at: Date.now(), until: Date.now() + 60_000 } as const;
  const open = async () => {
    const revocations = new Revocations();
    const events: AuthnEvent[] = [];
    const feed = new RevocationFeed(store, revocations, { pollMs: 50, maxStaleSeconds: 1 }, (event) =>
      events.push(event),
    );
    feeds.push(feed);
    await feed.start();
    return { feed, revocations, events };
  };
  const until = async (met: () => boolean) => {
    for (const end = Date.now() + 10_000; !met();) {
      if (Date.now() > end) throw new Error('not within 10 s');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const isSilent = (feed: RevocationFeed) => {
    try {
      feed.refuseSilence();
      return false;
    } catch (error) {
      expect(error).toBeInstanceOf(ProblemError);
      expect(error).toMatchObject({ code: 'dependency-unavailable', headers: { 'retry-after': '2' } });
      return true;
    }
  };

  it('answers 503 once the store was silent too long, and knows all when it is back', async () => {
    const [here, there] = [await open(), await open()];
    store.away = true;
    expect(isSilent(here.feed)).toBe(false);
    await until(() => isSilent(here.feed));
    await expect(here.feed.revoke(revocation)).rejects.toThrow('connection refused'); // said, not lost in silence
    store.away = false;
    await store.add(revocation); // by another replica, at the moment that it is back
    await until(() => !isSilent(here.feed));
    await until(() => here.revocations.count === 1 && there.revocations.count === 1);
    const types = here.events.map(({ type }) => type);
    expect(types).toEqual(['feed-failed', 'feed-recovered']); // told once each, however many polls
  });

  it('does not start when it cannot be asked the first time', async () => {
    store.away = true;
    await expect(open()).rejects.toThrow('connection refused');
    store.away = false;
  });
});
