// An address of keys that hangs, floods, leads elsewhere or lies: the last good keys stay, nothing is asked of anybody else, and a token waits
// for a bounded time.
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testAuthority } from '@gatehouse/tls/testing';
import { createAuthenticator, type AuthnEvent, type Authenticator } from '../src/index.ts';
import { TestIssuer } from '../src/testing/index.ts';
import { bearer, outcome, until } from './fixtures/callers.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

describe('an issuer whose key address', () => {
  let folder: string;
  let server: Server;
  let jwksUri: string;
  let caFile: string;
  let answer: Answer;
  let elsewhere = 0;
  const events: AuthnEvent[] = [];
  let authenticator: Authenticator | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-authn-'));
    const authority = await testAuthority();
    caFile = join(folder, 'ca.pem');
    await writeFile(caFile, authority.cert);
    const { cert, key } = await authority.issue({ names: ['localhost'] });
    server = createServer({ cert, key }, (request, response) => {
      if (request.url !== '/jwks') elsewhere += 1;
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    jwksUri = `https://localhost:${(server.address() as AddressInfo).port}/jwks`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await rm(folder, { recursive: true });
  });
  afterEach(async () => {
    await authenticator?.close();
    events.length = 0;
  });

  const shows =
    (...keys: unknown[]): Answer =>
    (_request, response) =>
      void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys }));
  const open = async () => {
    const { issuer, audience } = await TestIssuer.create();
    const place = { jwksUri, caFile, insecureLoopback: true, tenantClaim: 'tenant', refreshSeconds: 1 };
    const onEvent = (event: AuthnEvent) => void events.push(event);
    authenticator = await createAuthenticator({ issuers: [{ issuer, audience, ...place }] }, { onEvent });
    return authenticator;
  };
  const status = async (by: Authenticator, token: string) => {
    const { principal, status: code, reason } = await outcome(by, bearer(token));
    return principal ? 200 : `${code} ${reason}`;
  };
  const failed = () => until(() => events.some(({ type }) => type === 'keys-failed'), 20_000);
  const open503 = /^503/;

  it.each<[string, Answer]>([
    [
      'answers 6 MiB',
      (_request, response) => void response.writeHead(200).end(`{"keys":[${'{"kty":"EC"},'.repeat(500_000)}]}`),
    ],
    [
      'leads elsewhere',
      (request, response) => void response.writeHead(302, { location: `${request.headers.host}/other` }).end(),
    ],
    [
      'leads to another place of its own',
      (_request, response) => void response.writeHead(307, { location: '/other' }).end(),
    ],
    ['answers a page', (_request, response) => void response.writeHead(200).end('<html>')],
    ['answers no keys', shows()],
    ['answers a secret alone', shows({ kty: 'oct', k: 'c2VjcmV0', kid: 'x' })],
    ['closes the connection', (request) => void request.socket.destroy()],
    [
      'sends half and then nothing',
      (_request, response) => void response.writeHead(200, { 'content-length': '100' }).write('{'),
    ],
  ])(
    '%s: 503 before there were keys, then the last good ones, and no other address is asked',
    async (_what, hostile) => {
      const issuer = await TestIssuer.create();
      answer = hostile;
      elsewhere = 0;
      const own = await open();
      await failed();
      expect(await status(own, await issuer.token())).toMatch(open503);
      answer = shows(issuer.publicJwk);
      await until(async () => (await status(own, await issuer.token())) === 200, 20_000);
      answer = hostile;
      events.length = 0;
      await failed();
      expect(await status(own, await issuer.token())).toBe(200);
      expect(elsewhere).toBe(0);
    },
    60_000,
  );

  it('hangs: a token waits for seconds, not for ever', async () => {
    const issuer = await TestIssuer.create();
    answer = () => undefined;
    const own = await open();
    const begun = performance.now();
    expect(await status(own, await issuer.token())).toMatch(open503);
    expect(performance.now() - begun).toBeLessThan(15_000); // totalMs is 5,000
  }, 30_000);

  it('shows two keys under one kid: each is tried, and no third', async () => {
    const [one, two, three] = [await TestIssuer.create(), await TestIssuer.create(), await TestIssuer.create()];
    const kid = 'same';
    answer = shows({ ...one.publicJwk, kid }, { ...two.publicJwk, kid });
    const own = await open();
    for (const issuer of [one, two]) expect(await status(own, await issuer.token({ header: { kid } }))).toBe(200);
    expect(await status(own, await three.token({ header: { kid } }))).toBe('401 signature');
  });

  it('replaces the key under the same kid: tokens by the old one end with it, cached or not', async () => {
    const [before, after] = [await TestIssuer.create(), await TestIssuer.create()];
    const header = { kid: 'same' };
    answer = shows({ ...before.publicJwk, ...header });
    const own = await open();
    const [cached, fresh] = [await before.token({ header }), await before.token({ header })];
    expect(await status(own, cached)).toBe(200);
    answer = shows({ ...after.publicJwk, ...header });
    await until(async () => (await status(own, await after.token({ header }))) === 200);
    expect([await status(own, cached), await status(own, fresh)]).toEqual(['401 signature', '401 signature']);
  });

  it('shows 1,200 keys: a hundred are looked at', async () => {
    const issuer = await TestIssuer.create();
    answer = shows(
      issuer.publicJwk,
      ...Array.from({ length: 1_200 }, (_, index) => ({ ...issuer.publicJwk, kid: `k${index}` })),
    );
    const own = await open();
    await until(async () => (await status(own, await issuer.token())) === 200);
    expect(events.find(({ type }) => type === 'keys-loaded')?.message).toBe('100 keys');
  });
});
