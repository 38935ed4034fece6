// Attacks on what a balancer is believed for, against a running service: whoever is listed may be broken, and whoever is not must not get a word in.
import { connect, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { Controller, Get, Module, Req } from '@nestjs/common';
import { Public } from '@gatehouse/authz';
import { Returns } from '@gatehouse/validation';
import { z } from 'zod';
import { defineService, type ServiceOptions } from '../src/index.ts';
import { startForTest, type TestService } from '../src/testing/index.ts';

/** A client at 11.11.11.11 port 28937 that spoke TLS. */
const HEADER = Buffer.from('0d0a0d0a000d0a515549540a211100140b0b0b0b7f000001710901bb2000050100000000', 'hex');
const GET = 'GET /v1/address HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
let reached = 0;

@Controller('v1')
@Public('a sample for everybody')
class AddressController {
  @Get('address')
  @Returns(z.strictObject({ address: z.string() }))
  address(@Req() incoming: { ip: string }): object {
    reached += 1;
    return { address: incoming.ip };
  }
}

@Module({ controllers: [AddressController] })
class AddressModule {}

describe('behind a balancer', () => {
  let service: TestService;
  let port: number;
  const sockets: Socket[] = [];
  const start = async (proxied: NonNullable<NonNullable<ServiceOptions['tls']>['proxied']>) => {
    const ports = { https: 0, http: 0, management: 0 };
    service = await startForTest(AddressModule, defineService({ root: '.', name: 'proxied', ports, tls: { proxied } }));
    port = Number(new URL(service.urls.https).port);
    reached = 0;
  };
  afterEach(async () => {
    sockets.splice(0).forEach((socket) => socket.destroy());
    await service.close();
  });

  const open = (localAddress = '127.0.0.1') => {
    const socket = connect({ port, host: '127.0.0.1', localAddress, noDelay: true });
    socket.on('error', () => undefined);
    sockets.push(socket);
    return socket;
  };
  const secure = (socket: Socket) => {
    const secured = connectTls({ socket, ca: service.ca, servername: 'localhost', ALPNProtocols: ['http/1.1'] });
    secured.on('error', () => undefined);
    return secured;
  };
  const closed = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));
  /** Everything that comes until the end. */
  const everything = async (socket: Socket | TLSSocket): Promise<string> => {
    const parts: Buffer[] = [];
    socket.on('data', (bytes: Buffer) => parts.push(bytes));
    await closed(socket);
    return Buffer.concat(parts).toString('latin1');
  };

  describe('by the PROXY protocol', () => {
    beforeEach(() => start({ protocol: 'proxy-v2', from: ['127.0.0.1'], headerTimeoutMs: 1_000 }));

    const call = async (socket: Socket): Promise<string> => {
      const secured = secure(socket);
      secured.write(GET);
      return everything(secured);
    };

    it('takes a header one byte at a time', async () => {
      const socket = open();
      for (const byte of HEADER) {
        socket.write(Buffer.from([byte]));
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      expect(await call(socket)).toContain('{"address":"11.11.11.11"}');
    });

    it('closes a connection from an address that is not listed, whatever it sends', async () => {
      for (const bytes of [HEADER, GET, Buffer.alloc(0)]) {
        const socket = open('127.0.0.2');
        socket.write(bytes);
        expect(await everything(socket)).toBe('');
      }
      expect(reached).toBe(0);
    });

    it('closes one whose header comes after TLS began, or a second time, or within TLS', async () => {
      const late = open();
      const hello = secure(late); // a ClientHello first
      expect(await everything(hello)).toBe('');
      const twice = open();
      twice.write(Buffer.concat([HEADER, HEADER]));
      expect(await call(twice)).toBe('');
      const within = open();
      within.write(HEADER);
      const secured = secure(within);
      secured.write(Buffer.concat([HEADER, Buffer.from(GET)]));
      expect(await everything(secured)).not.toMatch(/HTTP\/1\.1 200/);
      expect(reached).toBe(0);
    });

    it('closes one that floods it instead of a header', async () => {
      for (const first of [HEADER.subarray(0, 12), Buffer.alloc(0)]) {
        const socket = open();
        socket.write(Buffer.concat([first, Buffer.alloc(4 * 1024 * 1024, 0xff)]));
        expect(await everything(socket)).toBe('');
      }
    });

    it('serves others while three hundred stop within their header, and then closes those', async () => {
      const stalled = Array.from({ length: 300 }, () => {
        const socket = open();
        socket.write(HEADER.subarray(0, 20));
        return closed(socket);
      });
      const socket = open();
      socket.write(HEADER);
      expect(await call(socket)).toContain('{"address":"11.11.11.11"}');
      await Promise.all(stalled.map((end, index) => (sockets[index]?.resume(), end)));
    });
  });

  describe('by Forwarded', () => {
    beforeEach(() => start({ protocol: 'forwarded', from: ['127.0.0.1'], insecurePlainHop: true }));

    const send = async (...forwarded: string[]) => {
      const socket = open();
      const lines = forwarded.map((value) => `Forwarded: ${value}\r\n`).join('');
      socket.write(GET.replace('Connection', `${lines}Connection`), 'latin1');
      const answer = await everything(socket);
      return { status: Number(answer.slice(9, 12)), answer };
    };

    it.each([
      ['nothing after the comma', 'for=203.0.113.9;proto=https,'],
      ['an address that is none', 'for=203.0.113.999;proto=https'],
      ['a hidden name', 'for=_secret;proto=https'],
      ['nobody', 'for=unknown;proto=https'],
      ['a quotation that never ends', 'for="203.0.113.9;proto=https'],
      ['a comma within a quotation', 'for="203.0.113.9, for=10.0.0.1";proto=https'],
      ['the address twice', 'for=203.0.113.9;for=10.0.0.1;proto=https'],
      ['IPv6 without brackets', 'for=2001:db8::1;proto=https'],
      ['a path', 'for=203.0.113.9/../1;proto=https'],
      ['a script', 'for="<script>";proto=https'],
      ['spaces within', 'f o r=203.0.113.9;proto=https'],
      ['another alphabet', 'for=２０３.0.113.9;proto=https'],
    ])('refuses %s with 400', async (_what, forwarded) => {
      const { status, answer } = await send(forwarded);
      expect(status).toBe(400);
      expect(answer).not.toContain('203.0.113');
      expect(reached).toBe(0);
    });

    it('takes the last of several headers, as the last element of one', async () => {
      const { status, answer } = await send('for=6.6.6.6;proto=https', 'for=203.0.113.9;proto=https');
      expect([200, 400]).toContain(status);
      expect(answer).not.toContain('6.6.6.6');
    });

    it('reads a long and hostile one in no time', async () => {
      for (const hostile of ['for="' + '\\"'.repeat(6_000), 'a=b;'.repeat(3_000), 'for=1.1.1.1,'.repeat(1_100)]) {
        const begun = performance.now();
        expect((await send(hostile)).status).toBe(400);
        expect(performance.now() - begun).toBeLessThan(2_000);
      }
      expect((await send(`for=${'1'.repeat(30_000)}`)).status).toBe(431);
    });
  });
});
