// Keys from a real issuer's address: rotation with overlap, removal, an attacker with random kids, an issuer that is away.
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { openDatabase } from '@gatehouse/database';
import { testAuthority } from '@gatehouse/tls/testing';
import { createAuthenticator, type AuthnEvent, type Authenticator, type IssuerInput } from '../src/index.ts';
import { issuerSchema, refreshSecondsOf } from '../src/authn.options.ts';
import { TestIssuer } from '../src/testing/index.ts';
import { bearer, outcome, until } from './fixtures/callers.ts';

describe('keys of an issuer', () => {
  let folder: string;
  let server: Server;
  let jwksUri: string;
  let caFile: string;
  let shown: unknown[] = [];
  let fetches = 0;
  let broken = false;
  let tag: string | undefined;
  let unchanged = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-authn-'));
    const authority = await testAuthority();
    caFile = join(folder, 'ca.pem');
    await writeFile(caFile, authority.cert);
    const { cert, key } = await authority.issue({ names: ['localhost'] });
    server = createServer({ cert, key }, (request, response) => {
      fetches += 1;
      const same = tag !== undefined && request.headers['if-none-match'] === tag;
      if (same) unchanged += 1;
      if (tag) response.setHeader('etag', tag);
      if (same) response.writeHead(304).end();
      else if (broken) response.writeHead(500).end('gone');
      else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: shown }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    jwksUri = `https://localhost:${(server.address() as AddressInfo).port}/jwks`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });

  const events: AuthnEvent[] = [];
  let authenticator: Authenticator | undefined;
  const open = async (changes: Partial<IssuerInput> = {}) => {
    const { issuer, audience } = await TestIssuer.create();
    const far = { refreshSeconds: 60 }; // as an issuer on the internet is asked, unless a test says otherwise
    const near = { issuer, audience, jwksUri, caFile, insecureLoopback: true, tenantClaim: 'tenant' };
    const options = { ...near, ...far, ...changes };
    authenticator = await createAuthenticator({ issuers: [options] }, { onEvent: (event) => events.push(event) });
    await until(() => events.some(({ type }) => type === 'keys-loaded' || type === 'keys-failed'));
    return authenticator;
  };
  afterEach(async () => {
    await authenticator?.close();
    [fetches, broken, events.length] = [0, false, 0];
    [tag, unchanged] = [undefined, 0];
  });
  const status = async (by: Authenticator, token: string) => {
    const { principal, status, reason } = await outcome(by, bearer(token));
    return principal ? 200 : `${status} ${reason}`;
  };

  it('accepts both keys during a rotation, and a removed one no more, cached or not', async () => {
    const [before, after] = [await TestIssuer.create(), await TestIssuer.create()];
    shown = [before.publicJwk];
    const own = await open({ refreshSeconds: 1 });
    const [cached, fresh] = [await before.token(), await before.token()];
    expect(await status(own, cached)).toBe(200);
    shown = [before.publicJwk, after.publicJwk];
    await until(async () => (await status(own, await after.token())) === 200);
    expect(await status(own, cached)).toBe(200);
    shown = [after.publicJwk];
    const ms = await until(async () => (await status(own, cached)) === '401 unknown-key');
    expect(ms).toBeLessThan(8_000); // refreshSeconds is 1: seen after some 1,000 ms
    expect(await status(own, fresh)).toBe('401 unknown-key');
    expect(await status(own, await after.token())).toBe(200);
  });

  it('refuses a removed key within a second where the issuer is near, and asks the internet each minute', async () => {
    const [before, after] = [await TestIssuer.create(), await TestIssuer.create()];
    shown = [before.publicJwk, after.publicJwk];
    const own = await open({ refreshSeconds: undefined });
    const cached = await before.token();
    expect(await status(own, cached)).toBe(200);
    await until(() => fetches >= 2);
    shown = [after.publicJwk];
    const ms = await until(async () => (await status(own, cached)) === '401 unknown-key');
    expect(ms).toBeLessThan(1_500); // asked for each 900 ms
    const known = issuerSchema.parse({ issuer: 'https://a.example', audience: 'b', jwksUri: 'https://a.example/jwks' });
    expect(refreshSecondsOf(known)).toBe(60);
    expect(refreshSecondsOf({ ...known, networks: ['10.0.0.0/8'] })).toBe(1);
    expect(refreshSecondsOf({ ...known, networks: ['10.0.0.0/8'], refreshSeconds: 300 })).toBe(300);
  });

  it('causes one fetch a minute for random kids, however often it asks by itself', async () => {
    const issuer = await TestIssuer.create();
    shown = [issuer.publicJwk];
    const own = await open({ refreshSeconds: 1 });
    const begun = performance.now();
    const most = () => 2 + 1 + Math.ceil((performance.now() - begun) / 900); // the first, one for all the kids, its own
    let tokens = 0;
    while (performance.now() - begun < 2_000) {
      expect(await status(own, await issuer.token({ header: { kid: randomUUID() } }))).toBe('401 unknown-key');
      tokens += 1;
    }
    expect(tokens).toBeGreaterThan(50);
    expect(fetches).toBeLessThanOrEqual(most());
  });

  it('refuses a removed key from the first token by its successor on', async () => {
    const [before, after] = [await TestIssuer.create(), await TestIssuer.create()];
    shown = [before.publicJwk];
    const own = await open();
    const cached = await before.token();
    expect(await status(own, cached)).toBe(200);
    shown = [after.publicJwk];
    expect(await status(own, cached)).toBe(200); // nobody told, and no refresh is due
    expect(await status(own, await after.token())).toBe(200);
    expect(await status(own, cached)).toBe('401 unknown-key');
  });

  it('refuses a removed key on every replica within a second of being told', async () => {
    const [before, after] = [await TestIssuer.create(), await TestIssuer.create()];
    shown = [before.publicJwk, after.publicJwk];
    const context = { service: 'keys', stateFolder: folder, production: false, env: {} };
    const database = await openDatabase({ migrations: {} }, context);
    const { issuer, audience } = before;
    const make = () =>
      createAuthenticator(
        {
          issuers: [
            { issuer, audience, jwksUri, caFile, refreshSeconds: 60, insecureLoopback: true, tenantClaim: 'tenant' },
          ],
        },
        { database: database.kysely },
      );
    const replicas = [await make(), await make()] as const;
    const cached = await before.token();
    const everywhere = async () => Promise.all(replicas.map((each) => status(each, cached)));
    await until(async () => (await everywhere()).every((each) => each === 200));
    shown = [after.publicJwk];
    await replicas[0].refetchKeys(issuer);
    const ms = await until(async () => (await everywhere()).every((each) => each === '401 unknown-key'));
    expect(ms).toBeLessThan(1_500); // pollMs is 500, the fetch some 10
    const other = await after.token();
    expect(await status(replicas[1], other)).toBe(200);
    await replicas[1].revokeKey(issuer, after.publicJwk.kid as string); // whatever the issuer shows
    expect(await status(replicas[1], other)).toBe('401 unknown-key');
    await until(async () => (await status(replicas[0], other)) === '401 unknown-key');
    await replicas[0].refetchKeys(issuer);
    expect(await status(replicas[0], await after.token())).toBe('401 unknown-key');
    await Promise.all(replicas.map((each) => each.close()));
    await database.close();
  }, 60_000);

  it('sends no keys twice that did not change', async () => {
    const issuer = await TestIssuer.create();
    [shown, tag] = [[issuer.publicJwk], '"1"'];
    const own = await open({ refreshSeconds: 1 });
    await until(() => unchanged >= 2);
    expect(await status(own, await issuer.token())).toBe(200);
    expect(events.filter(({ type }) => type === 'keys-failed')).toEqual([]);
  });

  it('fetches once for a thousand tokens with random kids', async () => {
    const issuer = await TestIssuer.create();
    shown = [issuer.publicJwk];
    const own = await open();
    expect(fetches).toBe(1);
    const tokens = await Promise.all(
      Array.from({ length: 1_000 }, () => issuer.token({ header: { kid: randomUUID() } })),
    );
    const answers = await Promise.all(tokens.map((token) => status(own, token)));
    expect(new Set(answers)).toEqual(new Set(['401 unknown-key']));
    expect(fetches).toBe(2);
    expect(await status(own, await issuer.token())).toBe(200);
  });

  it('finds a new key by its unknown kid, before the next refresh', async () => {
    const [before, after] = [await TestIssuer.create(), await TestIssuer.create()];
    shown = [before.publicJwk];
    const own = await open();
    shown = [before.publicJwk, after.publicJwk];
    expect(await status(own, await after.token())).toBe(200);
    expect(fetches).toBe(2);
  });

  it('keeps the last good keys while the issuer is broken', async () => {
    const issuer = await TestIssuer.create();
    shown = [issuer.publicJwk];
    const own = await open({ refreshSeconds: 1 });
    broken = true;
    await until(() => events.some(({ type }) => type === 'keys-failed'));
    expect(await status(own, await issuer.token())).toBe(200);
  });

  it('answers 503 while there never were keys, and recovers without a restart', async () => {
    const issuer = await TestIssuer.create();
    [shown, broken] = [[issuer.publicJwk], true];
    const own = await open();
    expect(await status(own, await issuer.token())).toBe('503 undefined');
    broken = false;
    await until(async () => (await status(own, await issuer.token())) === 200);
  });

  it('does not read keys over a connection that it cannot verify', async () => {
    const issuer = await TestIssuer.create();
    shown = [issuer.publicJwk];
    const own = await open({ caFile: undefined });
    expect(await status(own, await issuer.token())).toBe('503 undefined');
    expect(fetches).toBe(0);
  });

  it('ignores a secret, a private key and a weak one in the set, and says so', async () => {
    const issuer = await TestIssuer.create();
    const weak = { kty: 'RSA', n: Buffer.alloc(128, 255).toString('base64url'), e: 'AQAB', kid: 'weak' };
    shown = [issuer.publicJwk, { kty: 'oct', k: 'c2VjcmV0' }, { ...issuer.publicJwk, d: 'x' }, weak];
    const own = await open();
    expect(await status(own, await issuer.token())).toBe(200);
    expect(events.filter(({ type }) => type === 'key-ignored')).toHaveLength(3);
  });
});
