// API keys on a real PostgreSQL, with two replicas.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { openDatabase, type Database } from '@gatehouse/database';
import { sql } from 'kysely';
import { createAuthenticator, type ApiKeys, type Authenticator } from '../src/index.ts';
import { TestIssuer } from '../src/testing/index.ts';
import { bearer, outcome, request, until } from './fixtures/callers.ts';

describe('API keys', () => {
  let stateFolder: string;
  let database: Database;
  let issuer: TestIssuer;
  let ring = [randomBytes(32)];
  let replicas: Authenticator[] = [];
  let keys: ApiKeys;
  const owner = { tenant: 'north', owner: 'ada', ownerIssuer: 'https://issuer.example.test' };
  const inAnHour = () => new Date(Date.now() + 3_600_000);
  const wish = { name: 'nightly', scopes: ['accounts:read'] };

  beforeAll(async () => {
    stateFolder = await mkdtemp(join(tmpdir(), 'gatehouse-authn-'));
    const context = { service: 'keys', stateFolder, production: false, env: {} };
    database = await openDatabase({ migrations: {} }, context);
    issuer = await TestIssuer.create();
    const open = () =>
      createAuthenticator(
        { issuers: [issuer.options], apiKeys: { overlapSeconds: 2 } },
        { database: database.kysely, apiKeyHashKeys: () => ring },
      );
    replicas = [await open(), await open()];
    keys = replicas[0]?.apiKeys as ApiKeys;
  }, 60_000);
  afterAll(async () => {
    await Promise.all(replicas.map((each) => each.close()));
    await database.close();
    await rm(stateFolder, { recursive: true, force: true });
  });
  const ask = (replica: number, text: string) => outcome(replicas[replica] as Authenticator, bearer(text));

  it('names the owner, by either header, on every replica', async () => {
    const { key, text } = await keys.create(owner, { ...wish, expiresAt: inAnHour() });
    expect(text).toMatch(/^gh_dev_[0-9A-Za-z]{16}_[0-9A-Za-z]{38}$/);
    const { principal } = await ask(0, text);
    expect(principal).toMatchObject({ kind: 'api-key', id: 'ada', tenant: 'north', credentialId: key.id });
    expect([...(principal?.scopes ?? [])]).toEqual(['accounts:read']);
    expect((await outcome(replicas[1] as Authenticator, request({ 'x-api-key': text }))).principal).toBeDefined();
  });

  it('stores neither the key nor anything that opens without the keyring', async () => {
    const { text } = await keys.create(owner, { ...wish, expiresAt: inAnHour() });
    const { rows } = await sql<{
      row: string;
    }>`select row_to_json(authn_api_keys)::text as row from authn_api_keys`.execute(database.kysely);
    const stored = rows.map(({ row }) => row).join();
    expect(stored).not.toContain(text);
    expect(stored).not.toContain(text.split('_')[3]);
  });

  it('is refused everywhere within a second of its revocation, though it is cached', async () => {
    const { key, text } = await keys.create(owner, { ...wish, expiresAt: inAnHour() });
    for (const replica of [0, 1]) expect((await ask(replica, text)).principal).toBeDefined();
    expect(await keys.revoke(owner, key.id)).toBe(true);
    expect(await ask(0, text)).toMatchObject({ status: 401, reason: 'api-key' });
    const ms = await until(async () => (await ask(1, text)).reason === 'api-key');
    expect(ms).toBeLessThan(1_000);
    expect(await keys.revoke(owner, key.id)).toBe(false);
  });

  it('rotates: the new one works at once, the old one for the overlap', async () => {
    const { key, text } = await keys.create(owner, { ...wish, expiresAt: inAnHour() });
    await ask(1, text);
    const made = await keys.rotate(owner, key.id);
    expect((await ask(1, made?.text ?? '')).principal?.scopes).toEqual(new Set(['accounts:read']));
    expect((await ask(0, text)).principal).toBeDefined();
    await until(async () => (await ask(0, text)).status === 401 && (await ask(1, text)).status === 401);
  });

  it('rotated and revoked at the same time, on two replicas, leaves no key that works but those that were given out', async () => {
    for (let round = 0; round < 10; round++) {
      const { key, text } = await keys.create(owner, { ...wish, expiresAt: inAnHour() });
      const other = replicas[1]?.apiKeys as ApiKeys;
      const [made, revoked] = await Promise.all([keys.rotate(owner, key.id), other.revoke(owner, key.id)]);
      expect(revoked || made !== undefined).toBe(true);
      expect(await keys.rotate(owner, key.id)).toBeUndefined(); // revoked, before or after
      await until(async () => (await ask(0, text)).status === 401 && (await ask(1, text)).status === 401);
      if (made) expect((await ask(1, made.text)).principal).toBeDefined();
    }
  });

  it('is revoked by whoever shows it whole in clear, and by nothing less', async () => {
    const { key, text } = await keys.create(owner, { ...wish, expiresAt: inAnHour() });
    const guess = withChecksum(`gh_dev_${key.id}_${'B'.repeat(38)}`);
    for (const less of [key.id, `gh_dev_${key.id}`, guess, text.slice(0, -1), 'nonsense', ''])
      expect(await keys.revokeExposed(less)).toBeUndefined();
    expect((await ask(0, text)).principal).toBeDefined();
    expect(await keys.revokeExposed(text)).toBe(key.id);
    expect(await ask(0, text)).toMatchObject({ status: 401, reason: 'api-key' });
    expect(await keys.revokeExposed(text)).toBeUndefined();
  });

  it('cannot be revoked, rotated or seen by another owner or tenant', async () => {
    const { key, text } = await keys.create(owner, { ...wish, expiresAt: inAnHour() });
    for (const stranger of [
      { ...owner, owner: 'eve' },
      { ...owner, tenant: 'south' },
      { ...owner, ownerIssuer: 'https://x.test' },
    ]) {
      expect(await keys.revoke(stranger, key.id)).toBe(false);
      expect(await keys.rotate(stranger, key.id)).toBeUndefined();
      expect(await keys.list(stranger)).toEqual([]);
    }
    expect((await ask(0, text)).principal).toBeDefined();
  });

  it('is refused when it is over, and never lives longer than allowed', async () => {
    const { text } = await keys.create(owner, { ...wish, expiresAt: new Date(Date.now() + 800) });
    expect((await ask(0, text)).principal).toBeDefined();
    await until(async () => (await ask(0, text)).reason === 'api-key');
    const { key } = await keys.create(owner, { ...wish, expiresAt: new Date(Date.now() + 1e12) });
    expect(key.expiresAt.getTime()).toBeLessThan(Date.now() + 366 * 86_400_000);
  });

  it('rejects unknown, wrong and foreign ones alike, in the same time', async () => {
    const { text } = await keys.create(owner, { ...wish, expiresAt: inAnHour() });
    const other = (await keys.create(owner, { ...wish, expiresAt: inAnHour() })).text;
    const mixed = withChecksum(`${text.slice(0, 24)}${other.slice(24)}`); // the id of one, the secret of the other
    const unknown = withChecksum(`gh_dev_${'0'.repeat(16)}_${other.slice(24)}`);
    const times: [number[], number[]] = [[], []];
    for (let round = -20; round < 100; round++) {
      // in turn, and once the compiler has seen both: what disturbs one disturbs the other
      for (const [which, wrong] of [mixed, unknown].entries()) {
        const begun = performance.now();
        expect(await ask(0, wrong)).toMatchObject({ status: 401, reason: 'api-key' });
        if (round >= 0) times[which]?.push(performance.now() - begun);
      }
    }
    const [known, none] = times.map((all) => all.sort((a, b) => a - b)[50]) as [number, number];
    expect(Math.max(known, none) / Math.min(known, none)).toBeLessThan(2);
    expect(await ask(0, text.replace('gh_dev_', 'gh_prod_'))).toMatchObject({ reason: 'api-key' });
    expect(await ask(0, `${text.slice(0, -1)}${text.endsWith('0') ? '1' : '0'}`)).toMatchObject({ reason: 'api-key' });
  });

  it('goes on after the keyring was rotated, and is hashed anew', async () => {
    const { key, text } = await keys.create(owner, { ...wish, expiresAt: inAnHour() });
    const hash = () =>
      keys.list(owner, 1_000).then((list) => list.find(({ id }) => id === key.id)?.hash.toString('hex'));
    const before = await hash();
    ring = [randomBytes(32), ...ring];
    expect((await ask(1, text)).principal).toBeDefined();
    expect(await hash()).not.toBe(before);
    ring = ring.slice(0, 1);
    await keys.list(owner);
    expect((await outcome(replicas[0] as Authenticator, bearer(text))).principal).toBeDefined();
  });

  it('revokes a token on the other replica within a second', async () => {
    const token = await issuer.token({ claims: { jti: 'everywhere' } });
    for (const replica of [0, 1]) expect((await ask(replica, token)).principal).toBeDefined();
    await replicas[0]?.revokeToken(issuer.issuer, 'everywhere', Date.now() + 3_600_000);
    expect(await until(async () => (await ask(1, token)).reason === 'revoked')).toBeLessThan(1_000);
  });

  it('says when one was used last', async () => {
    const { key, text } = await keys.create(owner, { ...wish, expiresAt: inAnHour() });
    await ask(0, text);
    await until(async () =>
      (await keys.list(owner)).some(({ id, lastUsedAt }) => id === key.id && lastUsedAt !== null),
    );
  }, 20_000);
});

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** An attacker can make the checksum right. */
function withChecksum(text: string): string {
  const body = text.slice(0, -6);
  let [rest, sum] = [crc32(body), ''];
  for (let digit = 0; digit < 6; digit++) [sum, rest] = [ALPHABET[rest % 62] + sum, Math.floor(rest / 62)];
  return body + sum;
}
