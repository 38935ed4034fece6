import { createServer as createPlainServer, type Server as PlainServer } from 'node:http';
import { createSecureServer, connect as connectHttp2 } from 'node:http2';
import { request } from 'node:https';
import { connect, type Server, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { once } from 'node:events';
import { createProxiedFront, type RefusedConnection } from '../src/proxied/proxied.front.ts';
import { forwardedClient } from '../src/proxied/forwarded.header.ts';
import { crc32c } from '../src/proxied/proxy.header.ts';
import { policyOptions } from '../src/tls.policy.ts';
import { proxiedSchema } from '../src/tls.options.ts';
import { testAuthority } from '../src/testing/index.ts';
import { closed, listening, secured } from './fixtures/handshake.ts';

const SIGNATURE = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');
const SSL = tlv(0x20, Buffer.from([1, 0, 0, 0, 0]));
const NO_SSL = tlv(0x20, Buffer.from([0, 0, 0, 0, 1]));
const GET = 'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n';

describe('behind a balancer that ends TLS', () => {
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  let refused: RefusedConnection[] = [];
  beforeEach(() => (refused = []));
  afterEach(async () => {
    sockets.splice(0).forEach((socket) => socket.destroy());
    await closed(...servers.splice(0));
  });

  const front = async (target: Server | PlainServer, options: object = {}) => {
    const given = proxiedSchema.parse({
      protocol: 'proxy-v2',
      from: ['127.0.0.1'],
      headerTimeoutMs: 10_000,
      ...options,
    });
    const server = createProxiedFront(target as Server, given, (each) => refused.push(each));
    servers.push(server);
    return listening(server);
  };
  const plain = () =>
    createPlainServer((incoming, response) =>
      response.end(`${incoming.socket.remoteAddress} ${incoming.socket.remotePort}`),
    );
  /** Sends parts, each in a packet of its own, and returns everything that comes back until the end. */
  const send = async (port: number, ...parts: (Buffer | string)[]) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    sockets.push(socket);
    const answer: Buffer[] = [];
    socket.on('data', (bytes) => answer.push(bytes)).on('error', () => undefined);
    const end = once(socket, 'close');
    for (const part of parts) {
      socket.write(part);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await end;
    return Buffer.concat(answer).toString();
  };

  it.each([
    ['IPv4', header(0x21, 0x11, ipv4Body('203.0.113.9', 4711), SSL), '203.0.113.9 4711'],
    ['IPv6', header(0x21, 0x21, ipv6Body(4711), SSL), '2001:db8::1 4711'],
  ])('shows the address that the balancer says, over %s', async (_what, bytes, expected) => {
    expect(await send(await front(plain()), bytes, GET)).toContain(expected);
  });

  it('takes a header in pieces, and one together with the request', async () => {
    const port = await front(plain());
    const bytes = header(0x21, 0x11, ipv4Body('203.0.113.9', 4711), SSL);
    expect(await send(port, bytes.subarray(0, 5), bytes.subarray(5, 20), bytes.subarray(20), GET)).toContain(
      '203.0.113.9 4711',
    );
    expect(await send(port, Buffer.concat([bytes, Buffer.from(GET)]))).toContain('203.0.113.9 4711');
    expect(await send(port, Buffer.concat([bytes, Buffer.from(GET.slice(0, 9))]), GET.slice(9))).toContain(
      '203.0.113.9 4711',
    );
  });

  it('hands TLS connections over too, HTTP/2 as well', async () => {
    const ca = await testAuthority();
    const server = createSecureServer(
      { ...policyOptions(await ca.issue()), allowHTTP1: true },
      (incoming, response) => {
        response.end(`${incoming.socket.remoteAddress} ${incoming.httpVersion}`);
      },
    );
    const port = await front(server);
    const tunnel = async () => {
      const socket = connect(port, '127.0.0.1');
      sockets.push(socket);
      socket.write(header(0x21, 0x11, ipv4Body('203.0.113.9', 4711), SSL));
      return socket;
    };
    for (const ALPNProtocols of [['h2'], ['http/1.1']]) {
      const socket = connectTls({ socket: await tunnel(), ca: ca.cert, servername: 'localhost', ALPNProtocols });
      await secured(socket);
      if (ALPNProtocols[0] === 'h2') {
        const session = connectHttp2('https://localhost', { createConnection: () => socket });
        let body = '';
        for await (const chunk of session.request({ ':path': '/' }).setEncoding('utf8')) body += chunk;
        expect(body).toBe('203.0.113.9 2.0');
        session.destroy();
      } else {
        const sent = request({ createConnection: () => socket, host: 'localhost', agent: undefined }).end();
        const [response] = await once(sent, 'response');
        let body = '';
        for await (const chunk of response) body += chunk;
        expect(body).toBe('203.0.113.9 1.1');
      }
    }
  });

  it.each<[string, Buffer | string, RegExp]>([
    ['no header', GET, /no PROXY header/],
    ['version 1', 'PROXY TCP4 203.0.113.9 127.0.0.1 1 2\r\n', /no PROXY header/],
    ['a client that spoke no TLS', header(0x21, 0x11, ipv4Body('203.0.113.9', 1), NO_SSL), /did not speak TLS/],
    ['no SSL part', header(0x21, 0x11, ipv4Body('203.0.113.9', 1)), /did not speak TLS/],
    ['UDP', header(0x21, 0x12, ipv4Body('203.0.113.9', 1), SSL), /something else than TCP/],
    ['a Unix socket', header(0x21, 0x31, Buffer.alloc(216), SSL), /something else than TCP/],
    ['another version', header(0x11, 0x11, ipv4Body('203.0.113.9', 1), SSL), /another version/],
    ['another command', header(0x22, 0x11, ipv4Body('203.0.113.9', 1), SSL), /another version or command/],
    ['addresses cut off', header(0x21, 0x21, ipv4Body('203.0.113.9', 1)), /without addresses/],
    ['a part cut off', header(0x21, 0x11, ipv4Body('203.0.113.9', 1), SSL.subarray(0, 4)), /ends within/],
    ['a long header', Buffer.concat([SIGNATURE, Buffer.from([0x21, 0x11, 0xff, 0xff])]), /longer than/],
    [
      'a wrong checksum',
      header(0x21, 0x11, ipv4Body('203.0.113.9', 1), tlv(0x03, Buffer.alloc(4)), SSL),
      /wrong checksum/,
    ],
  ])('refuses %s, and answers nothing', async (_what, bytes, reason) => {
    const target = plain();
    let reached = 0;
    target.on('request', () => (reached += 1));
    expect(await send(await front(target), bytes, GET).catch(() => '')).toBe('');
    expect(refused).toEqual([{ address: '127.0.0.1', reason: expect.stringMatching(reason) }]);
    expect(reached).toBe(0);
  });

  it('refuses a header that never ends', async () => {
    expect(await send(await front(plain(), { headerTimeoutMs: 200 }), SIGNATURE)).toBe('');
    expect(refused).toEqual([{ address: '127.0.0.1', reason: expect.stringMatching(/in time/) }]);
  });

  it('cuts a client that sends its request too slowly, as without a front', async () => {
    const limits = { headersTimeout: 200, requestTimeout: 200, connectionsCheckingInterval: 50 };
    const slow = createPlainServer(limits, (_incoming, response) => response.end());
    const bytes = header(0x21, 0x11, ipv4Body('203.0.113.9', 4711), SSL);
    expect(await send(await front(slow), bytes, 'GET / HTTP/1.1\r\nhost: a\r\n')).toContain('408');
  });

  it('takes a right checksum', async () => {
    const body = [ipv4Body('203.0.113.9', 4711), SSL];
    const zero = header(0x21, 0x11, ...body, tlv(0x03, Buffer.alloc(4)));
    const sum = Buffer.alloc(4);
    sum.writeUInt32BE(crc32c(zero), 0);
    expect(await send(await front(plain()), header(0x21, 0x11, ...body, tlv(0x03, sum)), GET)).toContain(
      '203.0.113.9 4711',
    );
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  });

  it("takes the balancer's own health check, with its own address", async () => {
    expect(await send(await front(plain()), header(0x20, 0x00), GET)).toContain('127.0.0.1 ');
  });

  it.each([['10.0.0.0/8'], ['::1'], ['127.0.0.2']])(
    'closes a connection unread when only %s is listed',
    async (from) => {
      const bytes = header(0x21, 0x11, ipv4Body('203.0.113.9', 4711), SSL);
      expect(await send(await front(plain(), { from: [from] }), bytes, GET).catch(() => '')).toBe('');
      expect(refused).toEqual([{ address: '127.0.0.1', reason: 'it is not a listed balancer' }]);
    },
  );

  it.each(['0.0.0.0/0', '::/0'])('refuses the list %s, which is everybody', async (from) => {
    await expect(front(plain(), { from: [from] })).rejects.toThrow('is everybody');
  });

  it('takes a range, and an IPv4 address in IPv6 form', async () => {
    const bytes = header(0x21, 0x11, ipv4Body('203.0.113.9', 4711), SSL);
    expect(await send(await front(plain(), { from: ['127.0.0.0/8'] }), bytes, GET)).toContain('203.0.113.9');
  });

  it('passes Forwarded connections of listed addresses only', async () => {
    const forwarded = { protocol: 'forwarded' };
    expect(await send(await front(plain(), forwarded), GET)).toContain('127.0.0.1 ');
    expect(await send(await front(plain(), { ...forwarded, from: ['10.0.0.1'] }), GET).catch(() => '')).toBe('');
  });
});

describe('the Forwarded header', () => {
  it.each([
    ['for=192.0.2.60;proto=https', '192.0.2.60'],
    ['for="192.0.2.60:4711";proto=https;by=10.0.0.1', '192.0.2.60'],
    ['For="[2001:db8::1]:4711"; Proto=HTTPS', '2001:db8::1'],
    ['for=6.6.6.6;proto=http, for=192.0.2.60;proto=https;host="a;b,c"', '192.0.2.60'],
    ['for=evil;proto=https,for=192.0.2.60;proto=https', '192.0.2.60'],
  ])('is believed in its last element: %s', (forwarded, address) => {
    expect(forwardedClient({ forwarded })).toEqual({ address });
  });

  it.each([
    ['nothing', undefined],
    ['two fields', ['for=1.2.3.4;proto=https', 'for=1.2.3.4;proto=https']],
    ['an empty field', ''],
    ['no address', 'proto=https'],
    ['an unknown client', 'for=unknown;proto=https'],
    ['a hidden client', 'for=_hidden;proto=https'],
    ['a client twice', 'for=1.2.3.4;for=5.6.7.8;proto=https'],
    ['an open quote', 'for="1.2.3.4;proto=https'],
    ['nonsense after it', 'for=1.2.3.4;proto=https nonsense'],
    ['a bare IPv6 address', 'for=2001:db8::1;proto=https'],
    ['a trailing comma', 'for=1.2.3.4;proto=https,'],
  ])('is refused with %s', (_what, forwarded) => {
    if (_what === 'a trailing comma') return expect(() => forwardedClient({ forwarded })).toThrow();
    return expect(() => forwardedClient({ forwarded: forwarded as string })).toThrow(
      expect.objectContaining({ code: 'malformed-http' }),
    );
  });

  it.each(['for=1.2.3.4', 'for=1.2.3.4;proto=http', 'for=1.2.3.4;proto=https, for=5.6.7.8;proto=http'])(
    'refuses a client in clear: %s',
    (forwarded) => {
      expect(() => forwardedClient({ forwarded })).toThrow(expect.objectContaining({ code: 'plain-http-refused' }));
    },
  );
});

function header(command: number, family: number, ...body: Buffer[]): Buffer {
  const rest = Buffer.concat(body);
  const size = Buffer.alloc(2);
  size.writeUInt16BE(rest.length, 0);
  return Buffer.concat([SIGNATURE, Buffer.from([command, family]), size, rest]);
}

function tlv(type: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type, 0, value.length]), value]);
}

function ipv4Body(address: string, port: number): Buffer {
  return Buffer.from([...address.split('.').map(Number), 127, 0, 0, 1, port >> 8, port & 0xff, 1, 187]);
}

function ipv6Body(port: number): Buffer {
  const client = Buffer.from('20010db8000000000000000000000001', 'hex');
  return Buffer.concat([client, client, Buffer.from([port >> 8, port & 0xff, 1, 187])]);
}
