import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { connect as connectHttp2 } from 'node:http2';
import { Agent, request, type RequestOptions } from 'node:https';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { clientCertificateGuard } from '../src/client/client.certificate.guard.ts';
import { clientIdentity } from '../src/client/client.identity.ts';
import { requireClient } from '../src/client/require.client.ts';
import { testAuthority, type LeafOptions, type TestAuthority } from '../src/testing/index.ts';
import { handshake, secured } from './fixtures/handshake.ts';
import { replace, serve, type Served } from './fixtures/served.ts';

const ORDERS = 'spiffe://example.org/orders';
interface Answer {
  status: number;
  body: string;
}

describe('client certificates', () => {
  let servers: TestAuthority;
  let clients: TestAuthority;
  let served: Served | undefined;
  beforeAll(async () => {
    [servers, clients] = await Promise.all([testAuthority('CN=Servers'), testAuthority('CN=Clients')]);
  });
  afterEach(async () => {
    await served?.close();
    served = undefined;
  });

  const client = (options: LeafOptions = {}, from = clients) =>
    from.issue({ names: [], uris: [ORDERS], purpose: 'client', subject: 'CN=orders,O=Example', ...options });

  /** Answers who called; /internal is for orders only. */
  const start = async (mode: 'optional' | 'required', files: { crl?: string; ca?: string; settleMs?: number } = {}) => {
    served = await serve(
      await servers.issue(),
      async (folder) => {
        const [caFile, crlFile] = [join(folder, 'clients.pem'), join(folder, 'clients.crl')];
        await writeFile(caFile, files.ca ?? clients.cert);
        if (files.crl !== undefined) await writeFile(crlFile, files.crl);
        const { settleMs = 150 } = files;
        return {
          reload: { settleMs },
          clientCertificates: { mode, caFile, ...(files.crl === undefined ? {} : { crlFile }) },
        };
      },
      {},
      (incoming, response) => {
        try {
          if (incoming.url === '/internal') requireClient(incoming, { allow: [ORDERS] });
          response.end(JSON.stringify(clientIdentity(incoming.socket as never) ?? null));
        } catch (error) {
          response.writeHead((error as { status?: number; getStatus(): number }).getStatus()).end();
        }
      },
    );
    return served;
  };
  const call = (options: RequestOptions = {}) =>
    new Promise<Answer>((resolve, reject) => {
      const sent = request(
        { host: '127.0.0.1', port: served?.port, ca: servers.cert, agent: false, ...options },
        async (response) => {
          const chunks: Buffer[] = [];
          for await (const chunk of response) chunks.push(chunk as Buffer);
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
        },
      );
      sent.on('error', reject).end();
    });

  it('name their holder by SPIFFE ID', async () => {
    await start('required');
    const own = await client();
    expect(JSON.parse((await call(own)).body)).toEqual({
      kind: 'spiffe',
      id: ORDERS,
      trustDomain: 'example.org',
      serial: own.serial,
      fingerprint256: expect.stringMatching(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/),
      notAfter: expect.any(Number),
    });
  });

  it('name their holder by distinguished name where there is no URI', async () => {
    await start('required');
    expect(JSON.parse((await call(await client({ uris: [] }))).body)).toMatchObject({
      kind: 'dn',
      id: 'CN=orders, O=Example',
    });
  });

  it('cannot write two parts of a name into one', async () => {
    await start('required');
    const forged = await client({ uris: [], subject: 'CN=orders\\, O=Example' });
    const { id } = JSON.parse((await call(forged)).body);
    expect(id).toBe('CN=orders\\, O=Example');
  });

  it('are seen over HTTP/2 too', async () => {
    const { port } = await start('required');
    const session = connectHttp2(`https://127.0.0.1:${port}`, { ...(await client()), ca: servers.cert });
    const stream = session.request({ ':path': '/internal' }).end();
    const [headers] = await once(stream, 'response');
    expect(headers[':status']).toBe(200);
    let body = '';
    for await (const chunk of stream) body += chunk;
    expect(JSON.parse(body)).toMatchObject({ id: ORDERS });
    session.close();
  });

  it.each<[string, LeafOptions]>([
    ['two URIs', { uris: [ORDERS, 'spiffe://example.org/admin'] }],
    ['a URI that is no SPIFFE ID', { uris: ['https://example.org/orders'] }],
    ['a SPIFFE ID with a port', { uris: ['spiffe://example.org:8443/orders'] }],
    ['a SPIFFE ID with a query', { uris: ['spiffe://example.org/orders?a=1'] }],
    ['a SPIFFE ID that climbs', { uris: ['spiffe://example.org/a/../orders'] }],
    ['a SPIFFE ID without a path', { uris: ['spiffe://example.org'] }],
    ['a SPIFFE ID that ends in a slash', { uris: ['spiffe://example.org/orders/'] }],
  ])('with %s name nobody', async (_what, options) => {
    await start('required');
    expect(JSON.parse((await call(await client(options))).body)).toBeNull();
  });

  it('of another CA are refused, and so is having none', async () => {
    await start('required');
    const stranger = await client({}, await testAuthority('CN=Clients'));
    await expect(call(stranger)).rejects.toThrow();
    await expect(call()).rejects.toThrow();
    await expect(call(await client({ notBefore: 0, notAfter: Date.now() - 1_000 }))).rejects.toThrow();
    await expect(call({ ...(await client({ purpose: 'server' })) })).rejects.toThrow();
  });

  it('of another CA are refused after a swap too', async () => {
    const { put, event } = await start('required');
    await put(await servers.issue());
    await event('certificate-swapped');
    await expect(call(await client({}, await testAuthority('CN=Clients')))).rejects.toThrow();
    expect((await call(await client())).status).toBe(200);
  });

  it('are required by one route group while others need none', async () => {
    await start('optional');
    expect((await call({ path: '/' })).status).toBe(200);
    expect((await call({ path: '/internal' })).status).toBe(401);
    expect((await call({ path: '/internal', ...(await client()) })).status).toBe(200);
    expect(
      (await call({ path: '/internal', ...(await client({ uris: ['spiffe://example.org/other'] })) })).status,
    ).toBe(403);
    const stranger = await client({}, await testAuthority('CN=Clients'));
    expect((await call({ path: '/internal', ...stranger })).status).toBe(401);
    expect((await call({ path: '/', ...stranger })).body).toBe('null');
  });

  it('do not let a session resume once their CA is no longer trusted', async () => {
    const { port, folder, event } = await start('required');
    const own = await client();
    const { session } = await handshake(port, own, 3_000);
    expect(await handshake(port, { ...own, session })).toMatchObject({ resumed: true });
    await replace(join(folder, 'clients.pem'), (await testAuthority('CN=Others')).cert);
    await event('client-trust-changed');
    expect((await handshake(port, { ...own, session })).resumed).toBe(false);
    await expect(call({ ...own })).rejects.toThrow();
  });

  it('end their connection when they are revoked, and leave the others alone', async () => {
    const [bad, good] = [await client(), await client()];
    const { folder, event, port } = await start('required', { crl: await clients.crl([]) });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    expect((await call({ ...good, agent })).status).toBe(200);
    const revoked = connect({ port, host: '127.0.0.1', ca: servers.cert, ...bad });
    await secured(revoked);
    revoked.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await once(revoked, 'data');
    const ended = once(
      revoked.on('error', () => undefined),
      'close',
    );
    await replace(join(folder, 'clients.crl'), await clients.crl([bad.serial]));
    expect(await event('client-trust-changed')).toMatchObject({
      message: expect.stringContaining('1 connections ended'),
    });
    await ended;
    await expect(call(bad)).rejects.toThrow();
    const reused = request({ host: '127.0.0.1', port, ca: servers.cert, ...good, agent }).end();
    const [response] = await once(reused, 'response');
    expect([response.statusCode, reused.reusedSocket]).toEqual([200, true]);
    response.resume();
    agent.destroy();
  });

  it('follow a new CA and its list that come one after the other, without an alert', async () => {
    const next = await testAuthority('CN=Next');
    const { folder, event, events } = await start('required', { crl: await clients.crl([]), settleMs: 5_000 });
    await replace(join(folder, 'clients.pem'), next.cert);
    await new Promise((resolve) => setTimeout(resolve, 150));
    await replace(join(folder, 'clients.crl'), await next.crl([]));
    await event('client-trust-changed');
    expect(events.map(({ type }) => type)).toEqual(['client-trust-changed']);
    expect((await call(await client({}, next))).status).toBe(200);
    await expect(call(await client())).rejects.toThrow();
  });

  it.each<[string, RegExp, (folder: string) => Promise<unknown>]>([
    ['gone', /cannot be read/, (folder) => rm(join(folder, 'clients.pem'))],
    ['empty', /no PEM certificate/, (folder) => replace(join(folder, 'clients.pem'), '')],
    [
      'no CA',
      /is no CA|only intermediate/,
      async (folder) => replace(join(folder, 'clients.pem'), (await client()).cert),
    ],
    ['without its list', /cannot be read/, (folder) => rm(join(folder, 'clients.crl'))],
    [
      'with a list of another CA',
      /not signed by/,
      async (folder) => replace(join(folder, 'clients.crl'), await (await testAuthority('CN=Clients')).crl([])),
    ],
    [
      'with a list that ended',
      /ended on/,
      async (folder) => replace(join(folder, 'clients.crl'), await clients.crl([], { nextUpdate: Date.now() - 1 })),
    ],
  ])('are still checked as before when the new CA file is %s', async (_what, reason, spoil) => {
    const { folder, event, tls } = await start('required', { crl: await clients.crl([]) });
    await spoil(folder);
    expect(await event('certificate-refused')).toMatchObject({
      level: 'error',
      source: 'client trust',
      message: expect.stringMatching(reason),
    });
    expect((await call(await client())).status).toBe(200);
    expect(tls.snapshot().counters.clientTrustChanges).toBe(0);
  });

  it('of another trust domain name nobody', async () => {
    const { tls } = await start('required');
    const identity = (uri: string, spiffeTrustDomains?: string[]) =>
      clientIdentity({ authorized: true, getPeerX509Certificate: () => uris.get(uri) }, { spiffeTrustDomains })?.id;
    const uris = new Map<string, X509Certificate>();
    for (const uri of [ORDERS, 'spiffe://other.test/orders'])
      uris.set(uri, new X509Certificate((await client({ uris: [uri] })).cert));
    expect(identity(ORDERS, ['example.org'])).toBe(ORDERS);
    expect(identity('spiffe://other.test/orders', ['example.org'])).toBeUndefined();
    expect(identity('spiffe://other.test/orders')).toBe('spiffe://other.test/orders');
    expect(tls.clientIdentity({ authorized: false })).toBeUndefined();
  });

  it('are never asked for without a private CA', async () => {
    await expect(serve(await servers.issue(), { clientCertificates: { mode: 'required' } })).rejects.toThrow(
      'set clientCertificates.caFile',
    );
    await expect(start('required', { ca: '' })).rejects.toThrow('no PEM certificate');
  });

  it('pass Nest by a guard, which allows somebody at least', async () => {
    const Guard = clientCertificateGuard({ allow: ['spiffe://example.org/*'] });
    const asked = (request: object) =>
      new Guard().canActivate({ switchToHttp: () => ({ getRequest: () => request }) } as never);
    expect(() => asked({ raw: { socket: { authorized: false } } })).toThrow(
      expect.objectContaining({ code: 'unauthenticated' }),
    );
    expect(() => clientCertificateGuard({ allow: [] })).toThrow('at least one');
  });

  it('let two services talk both ways, each known to the other', async () => {
    const identities: unknown[] = [];
    const [users, orders] = [await client({ uris: ['spiffe://example.org/users'] }), await client()];
    const make = async () => {
      const started = await start('required');
      served = undefined;
      return started;
    };
    const [a, b] = [await make(), await make()];
    for (const [port, own] of [
      [a.port, orders],
      [b.port, users],
    ] as const) {
      identities.push(JSON.parse((await call({ port, ...own })).body).id);
      await expect(call({ port })).rejects.toThrow();
    }
    expect(identities).toEqual([ORDERS, 'spiffe://example.org/users']);
    await Promise.all([a.close(), b.close()]);
  });
});
