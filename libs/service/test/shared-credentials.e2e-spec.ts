// What replicas without a database know together of credentials: proofs that were shown, and what was revoked. Processes on one real Valkey,
// which goes, comes back empty, and is waited for.
import { findValkey, valkeyServer, type ValkeyServer } from '@gatehouse/valkey/testing';
import { TestIssuer } from '../src/testing/index.ts';
import { type Replica, startReplica } from './fixtures/replica.process.ts';
import { until } from './fixtures/until.ts';

const program = await findValkey();
if (!program && process.env.CI) throw new Error('CI needs valkey-server or redis-server: see .ci/parts');
if (!program) process.stderr.write('skipped: credentials of replicas on one Valkey: no server is here\n');

(program ? describe : describe.skip)('replicas without a database, on one Valkey', () => {
  let server: ValkeyServer;
  let issuer: TestIssuer;
  let one: Replica;
  let two: Replica;
  const own = () => ({ rateLimit: { replicas: 2 }, valkey: { ...server.options, commandTimeoutMs: 1_000 } });
  beforeAll(async () => {
    server = await valkeyServer(program as NonNullable<typeof program>, { pattern: 'gatehouse:shared:*' });
    await server.start();
    issuer = await TestIssuer.create(undefined, 'shared');
    [one, two] = await Promise.all([startReplica(issuer, own()), startReplica(issuer, own())]);
  }, 60_000);
  afterAll(async () => {
    for (const replica of [one, two]) await replica?.end();
    await server.remove();
  });

  const isUp = async (up: boolean, ...replicas: Replica[]) => {
    for (const replica of replicas)
      await until(async () => ((await replica.metric('gatehouse_valkey_up')) === 1) === up);
  };
  const statusOf = async (replica: Replica, token: string) =>
    (await replica.call('GET', '/v1/mine', { headers: { authorization: `Bearer ${token}` } })).status;
  const mint = (subject: string) => issuer.token({ subject, scopes: ['shared:read'] });
  const revoke = async (replica: Replica, body: object) => {
    const authorization = `Bearer ${await issuer.token({ subject: 'operator', scopes: ['authn:revoke'] })}`;
    const asked = { origin: replica.management, body, headers: { authorization } };
    return (await replica.call('POST', '/revocations', asked)).status;
  };
  /** Each call makes a proof, which may be shown as often as one likes. */
  async function prover(path: string) {
    const holder = await TestIssuer.dpopHolder();
    const claims = { cnf: { jkt: holder.jkt } };
    const token = await issuer.token({ subject: holder.jkt, scopes: ['shared:read'], claims });
    return async () => {
      const dpop = await holder.proof('GET', `https://shared.example.test${path}`, token);
      const headers = { authorization: `DPoP ${token}`, dpop };
      return async (replica: Replica) => (await replica.call('GET', path, { headers })).status;
    };
  }
  /** A proof that is taken: just after a memory began, it takes a second until one is. */
  async function taken(make: Awaited<ReturnType<typeof prover>>, by: Replica) {
    let shown = await make();
    await until(async () => {
      shown = await make();
      return (await shown(by)) === 200;
    });
    return shown;
  }

  it('refuse on each what was revoked on one, within a second, and say how far it reaches', async () => {
    const [adas, bobs] = [await mint('ada'), await mint('bob')];
    const everywhere = async (token: string) => [await statusOf(one, token), await statusOf(two, token)];
    expect([...(await everywhere(adas)), ...(await everywhere(bobs))]).toEqual([200, 200, 200, 200]);
    expect(await revoke(one, { kind: 'subject', value: 'ada' })).toBe(204);
    expect(await statusOf(one, adas)).toBe(401);
    const told = performance.now();
    await until(async () => (await statusOf(two, adas)) === 401);
    expect(performance.now() - told).toBeLessThan(1_500); // asked for each 500 ms
    expect(await everywhere(bobs)).toEqual([200, 200]);
    const { body } = await two.call('GET', '/policy', { origin: two.management });
    expect(body.revocations).toEqual({ reach: 'every replica, through valkey', withinMs: 500 });
  });

  it('refuse it after Valkey was restarted too, and so does a replica that starts afterwards', async () => {
    const carols = await mint('carol');
    expect(await statusOf(two, carols)).toBe(200);
    expect(await revoke(one, { kind: 'subject', value: 'carol' })).toBe(204);
    await until(async () => (await statusOf(two, carols)) === 401);
    await server.stop();
    await isUp(false, one, two);
    await server.start();
    await isUp(true, one, two);
    expect([await statusOf(one, carols), await statusOf(two, carols)]).toEqual([401, 401]);
    const third = await startReplica(issuer, own());
    try {
      await until(async () => (await statusOf(third, carols)) === 401);
      expect(await statusOf(third, await mint('dave'))).toBe(200);
      expect(await revoke(third, { kind: 'subject', value: 'erin' })).toBe(204);
    } finally {
      await third.end();
    }
  }, 60_000);

  it('refuse a proof after a restart of Valkey that was shown before it, on every replica', async () => {
    const make = await prover('/v1/bound');
    const before = await taken(make, one);
    const unseen = await make(); // nobody can know that it was not shown
    await server.stop();
    await isUp(false, one, two);
    await server.start();
    await isUp(true, one, two);
    expect([await before(two), await before(one), await unseen(two)]).toEqual([401, 401, 401]);
    const after = await taken(make, two);
    expect([await after(one), await after(two)]).toEqual([401, 401]);
  }, 60_000);

  it('refuse a proof from before their own restart, with no memory that is shared', async () => {
    const alone = { rateLimit: { replicas: 1 } };
    const first = await startReplica(issuer, alone);
    const make = await prover('/v1/bound');
    const shown = await taken(make, first);
    await first.end();
    const second = await startReplica(issuer, alone);
    try {
      expect(await shown(second)).toBe(401);
      await taken(make, second);
      const { body } = await second.call('GET', '/policy', { origin: second.management });
      expect(body.revocations).toEqual({ reach: 'this process alone' });
    } finally {
      await second.end();
    }
  }, 60_000);

  it('while Valkey is away go on by their own memory, and are shut where that was asked for; nothing is half revoked', async () => {
    const [open, sealed] = [await prover('/v1/bound'), await prover('/v1/sealed')];
    const before = await taken(sealed, one);
    await server.stop();
    await isUp(false, one, two);
    const shown = await taken(open, one);
    expect(await shown(one)).toBe(401);
    expect([await (await sealed())(one), await (await sealed())(two)]).toEqual([503, 503]);
    expect(await before(one)).toBe(401); // what it saw itself, it knows
    const franks = await mint('frank');
    expect(await revoke(one, { kind: 'subject', value: 'frank' })).toBe(503);
    expect([await statusOf(one, franks), await statusOf(two, franks)]).toEqual([200, 200]);
    await server.start();
    await isUp(true, one, two);
    await taken(sealed, two);
    expect(await shown(two)).toBe(401); // shown to the other while nobody could be told
    expect(await revoke(one, { kind: 'subject', value: 'frank' })).toBe(204);
    await until(async () => (await statusOf(two, franks)) === 401);
  }, 60_000);
});
