import { ByteReader, MalformedTlsError } from './byte.reader.ts';
import { uint, uint16List, vector } from './byte.writer.ts';
import { suiteName, SUITES, suitesFor, weaknessOf } from './cipher.suites.ts';
import { encodeClientHello, encodeSsl2ClientHello } from './client-hello.encoder.ts';
import { decodeServerFlight } from './server-flight.decoder.ts';
import { VERSION } from './tls.constants.ts';

const record = (type: number, body: Buffer) => Buffer.concat([Buffer.from([type, 3, 3]), vector(2, body)]);
const serverHello = (version: number, suite: number, extensions = Buffer.alloc(0), random = Buffer.alloc(32)) => {
  const body = Buffer.concat([uint(version, 2), random, vector(1), uint(suite, 2), uint(0, 1), vector(2, extensions)]);
  return Buffer.concat([uint(2, 1), vector(3, body)]);
};

describe('encodeClientHello', () => {
  it('asks for TLS 1.2 with lengths that add up', () => {
    const bytes = new ByteReader(
      encodeClientHello({ version: VERSION.tls12, suites: [0xc02b], serverName: 'example.com' }),
    );
    expect(bytes.uint(1)).toBe(22);
    expect(bytes.uint(2)).toBe(VERSION.tls10);
    const message = new ByteReader(bytes.vector(2));
    expect(bytes.remaining).toBe(0);
    expect(message.uint(1)).toBe(1);
    const hello = new ByteReader(message.vector(3));
    expect([hello.uint(2), hello.take(32).length, hello.vector(1).length]).toEqual([VERSION.tls12, 32, 0]);
    expect(hello.vector(2)).toEqual(Buffer.from('c02b', 'hex'));
    expect(hello.vector(1)).toEqual(Buffer.from([0]));
    expect(hello.vector(2).toString('latin1')).toContain('example.com');
    expect(hello.remaining).toBe(0);
  });

  it('sends no name for an address, and no extension at all for SSL 3.0', () => {
    expect(
      encodeClientHello({ version: VERSION.tls12, suites: [1], serverName: '127.0.0.1' }).includes('127.0.0.1'),
    ).toBe(false);
    expect(encodeClientHello({ version: VERSION.ssl3, suites: [1] }).length).toBe(5 + 4 + 2 + 32 + 1 + 4 + 2);
  });

  it('writes the two-byte header of SSL 2.0', () => {
    const bytes = encodeSsl2ClientHello();
    expect(bytes.readUInt16BE(0)).toBe(0x8000 | (bytes.length - 2));
  });
});

describe('decodeServerFlight', () => {
  it('reads the chosen suite of a TLS 1.2 server, in two records too', () => {
    const message = serverHello(VERSION.tls12, 0x002f);
    const split = Buffer.concat([record(22, message.subarray(0, 9)), record(22, message.subarray(9))]);
    expect(decodeServerFlight(split).hello).toMatchObject({
      version: VERSION.tls12,
      suite: 0x002f,
      secureRenegotiation: false,
    });
    expect(decodeServerFlight(split).complete).toBe(false);
  });

  it('reads the group that a TLS 1.3 server asks for in its retry', () => {
    const retry = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex');
    const extensions = Buffer.concat([
      uint(43, 2),
      vector(2, uint(0x0304, 2)),
      uint(51, 2),
      vector(2, uint(0x11ec, 2)),
    ]);
    const flight = decodeServerFlight(record(22, serverHello(VERSION.tls12, 0x1301, extensions, retry)));
    expect(flight).toMatchObject({ complete: true, hello: { version: VERSION.tls13, retry: true, group: 0x11ec } });
  });

  it('reads the size of the prime of a DHE server', () => {
    const kx = Buffer.concat([
      uint(12, 1),
      vector(3, vector(2, Buffer.alloc(64)), vector(2, Buffer.alloc(1)), vector(2, Buffer.alloc(64))),
    ]);
    const flight = Buffer.concat([serverHello(VERSION.tls12, 0x0033), kx, Buffer.from([14, 0, 0, 0])]);
    expect(decodeServerFlight(record(22, flight))).toMatchObject({ complete: true, hello: { dhPrimeBits: 512 } });
  });

  it('reads an alert', () => {
    expect(decodeServerFlight(record(21, Buffer.from([2, 70])))).toEqual({
      alert: { fatal: true, description: 70 },
      complete: true,
    });
  });

  it('refuses what is not TLS, and lengths that lie', () => {
    expect(() => decodeServerFlight(Buffer.from('HTTP/1.1 400 Bad Request\r\n'))).toThrow(MalformedTlsError);
    expect(() => decodeServerFlight(record(22, Buffer.from([2, 0, 0, 2, 3, 3])))).toThrow(MalformedTlsError);
  });
});

describe('the table of suites', () => {
  it('has each suite once, in the form that IANA gives it', () => {
    expect(new Set(SUITES.map(({ id }) => id)).size).toBe(SUITES.length);
    expect(SUITES.every(({ name }) => /^TLS_[A-Z0-9a-z_]+$/.test(name))).toBe(true);
    expect([suiteName(0x1301), suiteName(0xc02b), suiteName(0xabcd)]).toEqual([
      'TLS_AES_128_GCM_SHA256',
      'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
      '0xabcd',
    ]);
  });

  it.each([
    ['TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', undefined],
    ['TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', undefined],
    ['TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'medium'],
    ['TLS_RSA_WITH_AES_128_GCM_SHA256', 'medium'],
    ['TLS_ECDH_RSA_WITH_AES_128_CBC_SHA', 'medium'],
    ['TLS_RSA_WITH_3DES_EDE_CBC_SHA', 'high'],
    ['TLS_ECDHE_RSA_WITH_RC4_128_SHA', 'high'],
    ['TLS_DH_anon_WITH_AES_128_GCM_SHA256', 'critical'],
    ['TLS_RSA_EXPORT_WITH_RC4_40_MD5', 'critical'],
    ['TLS_RSA_WITH_NULL_SHA', 'critical'],
    ['TLS_DHE_RSA_WITH_AES_128_GCM_SHA256', 'low'],
  ])('judges %s as %s', (name, severity) => expect(weaknessOf(name)?.severity).toBe(severity));

  it('offers AEAD and SHA-2 suites to TLS 1.2 only', () => {
    expect(suitesFor(VERSION.tls11).some(({ name }) => /GCM|SHA256/.test(name))).toBe(false);
    expect(suitesFor(VERSION.tls12).some(({ name }) => /GCM/.test(name))).toBe(true);
  });
});

describe('ByteReader', () => {
  it('never reads past the end', () => {
    expect(() => new ByteReader(uint16List([1, 2]).subarray(0, 4)).vector(2)).toThrow(MalformedTlsError);
  });
});
