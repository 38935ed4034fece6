// Server-side request forgery in its forms: other hosts, redirects, names that lead inside, other spellings (CWE-918; ASVS 5.0 V1.3.6).
import {
  AddressRefusedError,
  ConnectionFailedError,
  EgressRefusedError,
  RedirectRefusedError,
} from '../src/http-client.error.ts';
import type { HttpClientEvent } from '../src/http-client.event.ts';
import { client, failure, host, type TestHost } from './fixtures/host.ts';

const open: { close(): Promise<void> }[] = [];
const track = <T extends { close(): Promise<void> }>(what: T): T => (open.push(what), what);
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const redirecting = (location: string | ((path: string) => string), status = 302) =>
  host((request, response) => {
    if (request.url === '/end') return void response.end('the end');
    response
      .writeHead(status, { location: typeof location === 'string' ? location : location(request.url ?? '') })
      .end();
  });

describe('the allow-list', () => {
  it.each([
    'https://localhost',
    'https://LOCALHOST',
    'https://127.0.0.1:PORT',
    'https://2130706433:PORT',
    'https://0x7f000001:PORT',
    'https://0177.0.0.1:PORT',
    'https://127.1:PORT',
    'https://１２７.0.0.1:PORT',
    'https://0:PORT',
    'https://0.0.0.0:PORT',
    'https://[::1]:PORT',
    'https://[::ffff:127.0.0.1]:PORT',
    'https://localhost.:PORT',
    'https://lоcalhost:PORT',
    'https://localhost%2eevil.example:PORT',
    'https://localhost:PORT.evil.example',
    'https://evil.example\\@localhost:PORT',
    'https://169.254.169.254/latest/meta-data',
    'http://localhost:PORT',
  ])('refuses %s beside localhost:PORT, and connects to nobody', async (pattern) => {
    const target = track(await host());
    const calls = track(await client({ allow: [target.key] }));
    const url = pattern.replaceAll('PORT', String(target.port));
    await expect(calls.get(url)).rejects.toThrow(/allow-list|not https|ends in a dot|no absolute URL/);
    expect(target.connections()).toBe(0);
    expect(calls.snapshot().counters.connectionsOpened).toBe(0);
  });

  it('tells of an attempt, without what was in its URL', async () => {
    const events: HttpClientEvent[] = [];
    const calls = track(await client({ allow: ['a.example'] }, { onEvent: (event) => events.push(event) }));
    await failure(calls.get('https://evil.example/path?token=secret'), EgressRefusedError);
    expect(events).toMatchObject([{ type: 'egress-refused', level: 'warn', host: 'evil.example:443' }]);
    expect(JSON.stringify(events)).not.toContain('secret');
  });

  it('takes the same host in another spelling', async () => {
    const target = track(await host());
    const calls = track(await client({ allow: [target.key] }));
    expect((await calls.get(`https://LocalHost:${target.port}/a`)).ok).toBe(true);
    expect((await calls.get(`https://evil.example:1@localhost:${target.port}/a`).catch(String)).toString()).toMatch(
      /credentials/,
    );
  });
});

describe('names that lead inside', () => {
  it.each([
    '127.0.0.1',
    '::1',
    '0.0.0.0',
    '::',
    '::ffff:127.0.0.1',
    '64:ff9b::7f00:1',
    '169.254.169.254',
    '::ffff:169.254.169.254',
    'fe80::1',
    '10.0.0.1',
    '172.20.0.1',
    '192.168.0.1',
    '100.64.0.1',
    'fd00:ec2::254',
    '2002:7f00:1::',
    'no address',
  ])('refuses a name that leads to %s', async (address) => {
    const target = track(await host());
    const allow = [`orders.internal:${target.port}`];
    const calls = track(await client({ allow, insecureLoopback: false }, { resolve: async () => [address] }));
    await failure(calls.get(`https://orders.internal:${target.port}`), AddressRefusedError);
    expect(target.connections()).toBe(0);
  });

  it('refuses a name that leads outside and inside', async () => {
    const target = track(await host());
    const allow = [`orders.internal:${target.port}`];
    const calls = track(
      await client({ allow, insecureLoopback: false }, { resolve: async () => ['93.184.215.14', '127.0.0.1'] }),
    );
    await failure(calls.get(`https://orders.internal:${target.port}`), AddressRefusedError);
    expect(target.connections()).toBe(0);
  });

  it('connects to the very address that was judged: a second answer is never asked for', async () => {
    const target = track(await host());
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      return asked === 1 ? ['127.0.0.1'] : ['169.254.169.254'];
    };
    const calls = track(await client({ allow: [`orders.internal:${target.port}`] }, { resolve }));
    expect((await calls.get(`https://orders.internal:${target.port}`)).ok).toBe(true);
    expect(asked).toBe(1);
    calls.renewConnections();
    await failure(calls.get(`https://orders.internal:${target.port}`), AddressRefusedError);
    expect(target.seen).toHaveLength(1);
  });

  it('refuses addresses on the allow-list too: loopback, and metadata services even with networks', async () => {
    const target = track(await host());
    const literal = track(await client({ allow: [`127.0.0.1:${target.port}`], insecureLoopback: false }));
    await failure(literal.get(`https://127.0.0.1:${target.port}`), AddressRefusedError);
    const networks = ['169.0.0.0/8', '10.0.0.0/8'];
    const metadata = track(await client({ allow: [{ host: '169.254.169.254', networks }] }));
    await failure(metadata.get('https://169.254.169.254'), AddressRefusedError);
    expect(target.connections()).toBe(0);
  });

  it('holds a host to its networks, also against public addresses', async () => {
    const allow = [{ host: 'orders.internal', networks: ['10.1.0.0/16'] }];
    for (const address of ['10.2.0.1', '8.8.8.8', '::ffff:10.2.0.1']) {
      const calls = track(await client({ allow }, { resolve: async () => [address] }));
      await failure(calls.get('https://orders.internal'), AddressRefusedError);
    }
  });

  it('says that a name has no address', async () => {
    const nowhere = async () => {
      throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' });
    };
    const options = { allow: ['gone.example'], retry: { attempts: 0 } };
    const calls = track(await client(options, { resolve: nowhere }));
    await failure(calls.get('https://gone.example'), ConnectionFailedError);
    const empty = track(await client(options, { resolve: async () => [] }));
    await failure(empty.get('https://gone.example'), ConnectionFailedError);
  });
});

describe('redirects', () => {
  it('are answers by default', async () => {
    const target = track(await redirecting('/end'));
    const response = await track(await client({ allow: [target.key] })).get(target.url);
    expect([response.status, response.headers.location]).toEqual([302, '/end']);
  });

  it.each([
    'https://169.254.169.254/latest/meta-data',
    'https://metadata.internal/',
    'https://localhost/',
    'https://[::ffff:a9fe:a9fe]/',
    'http://localhost/',
    '//evil.example/',
    'file:///etc/passwd',
  ])('to %s are refused', async (location) => {
    const target = track(await redirecting(location));
    const calls = track(await client({ allow: [target.key], redirects: 5 }));
    await failure(calls.get(target.url), EgressRefusedError);
    expect(target.seen).toHaveLength(1);
  });

  it('to a host that is allowed, and whose name leads inside, are refused', async () => {
    const target = track(await redirecting('https://metadata.internal/'));
    const resolve = async (name: string) => [name === 'localhost' ? '127.0.0.1' : '169.254.169.254'];
    const allow = [target.key, 'metadata.internal'];
    const calls = track(await client({ allow, redirects: 5 }, { resolve }));
    await failure(calls.get(target.url), AddressRefusedError);
  });

  it('to what is no URL, or round in circles, are refused', async () => {
    for (const location of ['https://', '/again']) {
      const target = track(await redirecting(location));
      const calls = track(await client({ allow: [target.key], redirects: 3 }));
      await failure(calls.get(target.url), RedirectRefusedError);
      expect(target.seen.length).toBeLessThanOrEqual(4);
    }
  });

  it('keep what was sent on the same origin', async () => {
    const got: unknown[] = [];
    const target: TestHost = track(
      await host((request, response) => {
        got.push([request.method, request.url, request.headers.authorization]);
        if (request.url === '/end') return void response.end('the end');
        response.writeHead(308, { location: '/end' }).end();
      }),
    );
    const calls = track(await client({ allow: [target.key], redirects: 1 }));
    const headers = { authorization: 'Bearer secret' };
    expect((await calls.post(target.url, { a: 1 }, { headers })).text()).toBe('the end');
    expect(got).toEqual([
      ['POST', '/', 'Bearer secret'],
      ['POST', '/end', 'Bearer secret'],
    ]);
  });

  it('carry no credential, no header of the caller and no body to another origin', async () => {
    const got: Record<string, unknown>[] = [];
    const other = track(
      await host((request, response) => {
        got.push(request.headers);
        response.end('other');
      }),
    );
    const target = track(await redirecting(`${other.url}/end`));
    const calls = track(await client({ allow: [target.key, other.key], redirects: 1 }));
    const headers = {
      ...{ authorization: 'Bearer secret', cookie: 'a=secret', 'x-api-key': 'secret', 'x-tenant-token': 'secret' },
      ...{ 'accept-language': 'de' },
    };
    expect((await calls.post(target.url, { secret: 'secret' }, { headers })).text()).toBe('other');
    expect(other.seen).toEqual(['GET /end']);
    expect(JSON.stringify(got)).not.toContain('secret');
    expect(got[0]?.['accept-language']).toBe('de');
    const keeping = track(await redirecting(`${other.url}/end`, 307));
    const strict = track(await client({ allow: [keeping.key, other.key], redirects: 1 }));
    await failure(strict.post(keeping.url, { secret: 'secret' }), RedirectRefusedError);
    expect(other.seen).toHaveLength(1);
  });
});
