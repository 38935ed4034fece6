import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { testAuthority, type TestAuthority } from '../src/testing/index.ts';
import { handshake } from './fixtures/handshake.ts';
import { replace, serve, type Served } from './fixtures/served.ts';

type Issued = Awaited<ReturnType<TestAuthority['issue']>>;

describe('several certificates on one port', () => {
  let ca: TestAuthority;
  let served: Served;
  const issued: Record<string, Issued> = {};

  beforeAll(async () => {
    ca = await testAuthority();
    issued.first = await ca.issue({ names: ['localhost', '127.0.0.1'] });
    issued.api = await ca.issue({ names: ['api.example.test', 'a.shop.example.test'] });
    issued.shop = await ca.issue({ names: ['*.shop.example.test'] });
    served = await serve(issued.first, async (folder) => {
      for (const name of ['api', 'shop']) {
        await writeFile(join(folder, `${name}.crt`), issued[name]?.cert ?? '');
        await writeFile(join(folder, `${name}.key`), issued[name]?.key ?? '', { mode: 0o600 });
      }
      await writeFile(join(folder, 'clients.pem'), ca.cert);
      return {
        files: ['tls', 'api', 'shop'].map((name) => ({
          certFile: join(folder, `${name}.crt`),
          keyFile: join(folder, `${name}.key`),
        })),
        clientCertificates: { mode: 'optional', caFile: join(folder, 'clients.pem') },
      };
    });
  });
  afterAll(() => served.close());

  const serialFor = async (servername: string) => (await handshake(served.port, { servername })).serial;

  it.each([
    ['localhost', 'first'],
    ['', 'first'],
    ['api.example.test', 'api'],
    ['API.Example.Test', 'api'],
    ['b.shop.example.test', 'shop'],
    ['a.shop.example.test', 'api'],
  ])('serves "%s" with the certificate that is right for it', async (servername, which) => {
    expect(await serialFor(servername)).toBe(issued[which]?.serial);
  });

  it.each(['other.test', 'shop.example.test', 'a.b.shop.example.test', 'example.test', 'xapi.example.test'])(
    'shows no certificate to a client that asks for %s',
    async (servername) => {
      await expect(serialFor(servername)).rejects.toThrow();
    },
  );

  it('holds every name to the same policy', async () => {
    const servername = 'api.example.test';
    expect(await handshake(served.port, { servername })).toMatchObject({ group: 0x11ec, protocol: 'TLSv1.3' });
    const cbc = { servername, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA@SECLEVEL=0' } as const;
    await expect(handshake(served.port, cbc)).rejects.toThrow(/handshake failure/);
    const old = { servername, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const;
    await expect(handshake(served.port, old)).rejects.toThrow(/protocol version/);
  });

  it('resumes a session of any of its names', async () => {
    for (const servername of ['localhost', 'b.shop.example.test']) {
      const { session } = await handshake(served.port, { servername }, 3_000);
      expect(await handshake(served.port, { servername, session })).toMatchObject({ resumed: true });
    }
  });

  it('follows each pair of files, and a bad one leaves the others alone', async () => {
    const next = await ca.issue({ names: ['*.shop.example.test'] });
    await replace(join(served.folder, 'shop.crt'), next.cert);
    await replace(join(served.folder, 'shop.key'), next.key);
    expect(await served.event('certificate-swapped')).toMatchObject({ source: 'files 3' });
    expect(await serialFor('b.shop.example.test')).toBe(next.serial);
    await replace(join(served.folder, 'api.crt'), 'nonsense');
    expect(await served.event('certificate-refused')).toMatchObject({ source: 'files 2' });
    expect(await serialFor('api.example.test')).toBe(issued.api?.serial);
    expect(await serialFor('localhost')).toBe(issued.first?.serial);
  });

  it('measures the expiry of each by a handshake for its name', async () => {
    const short = await ca.issue({
      names: ['*.shop.example.test'],
      notBefore: Date.now() - 80 * 86_400_000,
      notAfter: Date.now() + 10 * 86_400_000,
    });
    await replace(join(served.folder, 'shop.crt'), short.cert);
    await replace(join(served.folder, 'shop.key'), short.key);
    await served.event('certificate-swapped', 2);
    await served.tls.refresh();
    expect(await served.event('certificate-expiring')).toMatchObject({
      serial: short.serial,
      message: expect.stringContaining('files 3'),
    });
  });
});
