import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { Agent, get } from 'node:https';
import { connect as connectHttp2 } from 'node:http2';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { testAuthority, type TestAuthority } from '../src/testing/index.ts';
import { handshake } from './fixtures/handshake.ts';
import { replace, serve, type Served } from './fixtures/served.ts';

const DAY_MS = 86_400_000;

describe('a certificate that is replaced', () => {
  let ca: TestAuthority;
  let served: Served | undefined;
  beforeAll(async () => {
    ca = await testAuthority();
  });
  afterEach(async () => {
    await served?.close();
    served = undefined;
  });
  const serialOf = async () => (await handshake(served?.port ?? 0)).serial;

  it('is served from then on, when both files were renamed over', async () => {
    const [first, second] = [await ca.issue(), await ca.issue()];
    served = await serve(first);
    expect(await serialOf()).toBe(first.serial);
    await served.put(second);
    expect(await served.event('certificate-swapped')).toMatchObject({
      level: 'info',
      source: 'files',
      serial: second.serial,
    });
    expect(await serialOf()).toBe(second.serial);
    expect(served.tls.describe().serial).toBe(second.serial);
    expect(served.tls.snapshot().listeners[0]?.certificate?.serial).toBe(second.serial);
  });

  it('is served when a symlink above the files is swapped, as Kubernetes does', async () => {
    const [first, second] = [await ca.issue(), await ca.issue()];
    served = await serve(first, async (folder) => {
      for (const [name, { cert, key }] of Object.entries({ one: first, two: second })) {
        await mkdir(join(folder, name));
        await writeFile(join(folder, name, 'tls.crt'), cert);
        await writeFile(join(folder, name, 'tls.key'), key, { mode: 0o600 });
      }
      await symlink('one', join(folder, '..data'));
      await symlink('..data/tls.crt', join(folder, 'linked.crt'));
      await symlink('..data/tls.key', join(folder, 'linked.key'));
      return { files: [{ certFile: join(folder, 'linked.crt'), keyFile: join(folder, 'linked.key') }] };
    });
    await symlink('two', join(served.folder, '..tmp'));
    await rename(join(served.folder, '..tmp'), join(served.folder, '..data'));
    await served.event('certificate-swapped');
    expect(await serialOf()).toBe(second.serial);
  });

  it('is served, without an alert, when its chain comes first and its key later', async () => {
    const [first, second] = [await ca.issue(), await ca.issue()];
    served = await serve(first, { reload: { settleMs: 5_000 } });
    await replace(join(served.folder, 'tls.crt'), second.cert);
    await wait(100);
    await served.tls.refresh();
    expect(await serialOf()).toBe(first.serial);
    await replace(join(served.folder, 'tls.key'), second.key);
    await served.event('certificate-swapped');
    expect(await serialOf()).toBe(second.serial);
    expect(served.events.map(({ type }) => type)).toEqual(['certificate-swapped']);
  });

  it.each<[string, RegExp, (served: Served, first: { cert: string; key: string }) => Promise<unknown>]>([
    [
      'the key of another',
      /not the key of the certificate/,
      async ({ folder }) => replace(join(folder, 'tls.key'), (await ca.issue()).key),
    ],
    [
      'a chain cut in half',
      /ends in the middle|no valid PEM/,
      ({ folder }, { cert }) => replace(join(folder, 'tls.crt'), cert.slice(0, cert.length / 2)),
    ],
    ['an empty chain', /no valid PEM certificate/, ({ folder }) => replace(join(folder, 'tls.crt'), '')],
    ['two empty files', /no valid PEM/, (each) => each.put({ cert: '', key: '' })],
    ['a certificate without its key', /cannot be read \(ENOENT\)/, ({ folder }) => rm(join(folder, 'tls.key'))],
    [
      'one that expired',
      /expired on/,
      async (each) => each.put(await ca.issue({ notBefore: Date.now() - 2 * DAY_MS, notAfter: Date.now() - DAY_MS })),
    ],
    [
      'one that begins tomorrow',
      /valid from/,
      async (each) => each.put(await ca.issue({ notBefore: Date.now() + DAY_MS })),
    ],
    ['one for another name', /not for localhost/, async (each) => each.put(await ca.issue({ names: ['other.test'] }))],
    ['one for clients', /not for servers/, async (each) => each.put(await ca.issue({ purpose: 'client' }))],
    ['a CA', /is a CA's|not the key/, (each, { key }) => each.put({ cert: ca.cert, key })],
    ['a short RSA key', /shorter than 2048 bits/, async (each) => each.put(await ca.issue({ rsaBits: 1024 }))],
    [
      'a chain in the wrong order',
      /did not issue|is a CA's|not the key/,
      async (each) => {
        const { cert, key } = await (await ca.intermediate('CN=Between')).issue();
        const [leaf = '', between = ''] = cert.split(/(?<=-----END CERTIFICATE-----\n)/);
        await each.put({ cert: leaf + ca.cert + between, key });
      },
    ],
    [
      'an encrypted key',
      /is encrypted/,
      (each, { cert }) =>
        each.put({
          cert,
          key: `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${randomBytes(90).toString('base64')}\n-----END ENCRYPTED PRIVATE KEY-----\n`,
        }),
    ],
  ])(
    'stays when the new one is %s: counted once, an alert, and not ready after a while',
    async (_what, reason, spoil) => {
      const first = await ca.issue();
      served = await serve(first, { names: ['localhost'], reload: { differsLimitMs: 0 } });
      served.tls.check();
      await spoil(served, first);
      const alert = await served.event('certificate-refused');
      expect(alert).toMatchObject({
        level: 'error',
        source: 'files',
        serial: first.serial,
        message: expect.stringMatching(reason),
      });
      expect(alert.message).toContain('still served');
      expect(alert.message).not.toContain('PRIVATE KEY');
      expect(await serialOf()).toBe(first.serial);
      expect(() => served?.tls.check()).toThrow(reason);
      await served.tls.refresh();
      expect(served.tls.snapshot().counters).toMatchObject({ refused: 1, swaps: 0 });
      expect(served.tls.snapshot().certificates[0]?.differs?.reason).toMatch(reason);
      const good = await ca.issue();
      await served.put(good);
      await served.event('certificate-swapped');
      expect(await serialOf()).toBe(good.serial);
      served.tls.check();
    },
  );

  it('leaves the policy as it was', async () => {
    served = await serve(await ca.issue());
    const { port } = served;
    const audit = async () => ({
      plain: (await handshake(port)).group,
      cbc: await outcome(handshake(port, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA@SECLEVEL=0' })),
      old: await outcome(handshake(port, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' })),
      group: await outcome(handshake(port, { ecdhCurve: 'P-521' })),
      twelve: (await handshake(port, { maxVersion: 'TLSv1.2' })).cipher,
    });
    const before = await audit();
    expect(before).toMatchObject({ plain: 0x11ec, cbc: 'refused', old: 'refused', group: 'refused' });
    await served.put(await ca.issue());
    await served.event('certificate-swapped');
    expect(await audit()).toEqual(before);
  });

  it('loses no request and no connection under load, and sessions resume', async () => {
    const materials = await Promise.all(Array.from({ length: 4 }, () => ca.issue()));
    served = await serve(materials[0] as (typeof materials)[0], {}, {}, (_request, response) => {
      response.writeHead(200);
      setTimeout(() => response.end('hello'), 3);
    });
    const { port } = served;
    const until = performance.now() + 2_000;
    const running = () => performance.now() < until;
    const failures: string[] = [];
    const serials = new Set<string>();
    let requests = 0;
    const attempt = async (work: () => Promise<unknown>) => {
      while (running()) {
        try {
          await work();
          requests += 1;
        } catch (error) {
          failures.push((error as Error).message);
        }
      }
    };
    const fresh = attempt(async () => {
      serials.add((await handshake(port)).serial);
    });
    const keepAlive = [1, 2, 3].map(() => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      return attempt(() => fetchBody(port, agent)).finally(() => agent.destroy());
    });
    const session = connectHttp2(`https://localhost:${port}`, { rejectUnauthorized: false });
    session.on('error', (error) => failures.push(error.message));
    const streams = attempt(() => streamBody(session));
    let swaps = 0;
    const swapping = attempt(async () => {
      swaps += 1;
      await served?.put(materials[swaps % materials.length] as (typeof materials)[0]);
      await served?.tls.refresh();
      await wait(30);
    });
    await Promise.all([fresh, ...keepAlive, streams, swapping]);
    session.close();
    expect(failures).toEqual([]);
    expect(serials.size).toBeGreaterThan(1);
    expect(requests).toBeGreaterThan(20);
  });

  it('lets at least 95 % of sessions resume across swaps', async () => {
    served = await serve(await ca.issue());
    const { port } = served;
    let resumed = 0;
    for (let round = 0; round < 4; round++) {
      const sessions = await Promise.all(Array.from({ length: 10 }, () => handshake(port, {}, 3_000)));
      await served.put(await ca.issue());
      await served.event('certificate-swapped', round + 1);
      for (const { session } of sessions) resumed += (await handshake(port, { session })).resumed ? 1 : 0;
    }
    expect(resumed).toBeGreaterThanOrEqual(38);
  });

  it('is refused at the start with the setting, the file and the remedy', async () => {
    const { cert } = await ca.issue();
    await expect(serve({ cert, key: (await ca.issue()).key })).rejects.toThrow(
      'the key is not the key of the certificate',
    );
    await expect(
      serve(await ca.issue(), { files: [{ certFile: '/nowhere.pem', keyFile: '/nowhere.key' }] }),
    ).rejects.toThrow('GATEHOUSE_TLS_CERT_FILE=/nowhere.pem cannot be read (ENOENT)');
    await expect(serve(await ca.issue(), { files: [] })).rejects.toThrow(
      'set both GATEHOUSE_TLS_CERT_FILE and GATEHOUSE_TLS_KEY_FILE',
    );
    await expect(serve(await ca.issue(), { sources: ['files', 'embedded'] })).rejects.toThrow(
      'embedded is not for production',
    );
  });

  it('is not announced with a CA file that is none', async () => {
    const own = await ca.issue();
    await expect(serve(own, { caFile: '/nowhere.pem' })).rejects.toThrow(
      'GATEHOUSE_TLS_CA_FILE=/nowhere.pem cannot be read (ENOENT)',
    );
    await expect(serve(own, (folder) => ({ caFile: join(folder, 'tls.key') }))).rejects.toThrow(
      'no valid PEM certificate in it',
    );
  });

  it('has to cover the public host in production', async () => {
    await expect(serve(await ca.issue(), {}, { publicHost: 'api.example.com' })).rejects.toThrow(
      'not for api.example.com',
    );
    served = await serve(await ca.issue({ names: ['api.example.com'] }), {}, { publicHost: 'api.example.com' });
  });

  it('comes from the next source while the first has none, and from the first again when it has', async () => {
    const [own, file] = [await ca.issue(), await ca.issue()];
    const vaults: { available?: typeof own } = {};
    let notify = () => undefined as void;
    const vault = {
      name: 'vault',
      current: async () => {
        if (!vaults.available) throw new Error('https://vault.test cannot be reached: look at its log.');
        return vaults.available;
      },
      onChange: (listener: () => void) => {
        notify = listener;
        return () => undefined;
      },
      close: async () => undefined,
    };
    served = await serve(file, {}, { sources: [vault] });
    expect(await serialOf()).toBe(file.serial);
    expect(served.events).toEqual([
      expect.objectContaining({
        type: 'source-fallback',
        source: 'vault',
        message: expect.stringContaining('Asking files instead'),
      }),
    ]);
    vaults.available = own;
    notify();
    await served.event('certificate-swapped');
    expect(await serialOf()).toBe(own.serial);
    expect(served.tls.describe().source).toBe('vault');
  });

  it('may be missing at first: no handshake succeeds and the service is not ready until it comes', async () => {
    const given: { material?: Awaited<ReturnType<TestAuthority['issue']>> } = {};
    let notify = () => undefined as void;
    let started = 0;
    const slow = {
      name: 'slow',
      current: async () => given.material,
      onChange: (listener: () => void) => {
        notify = listener;
        return () => undefined;
      },
      start: () => void (started += 1),
      challenge: async (token: string) => (token === 'mine' ? 'mine.key' : undefined),
      close: async () => undefined,
    };
    served = await serve(await ca.issue(), { files: [] }, { sources: [slow] });
    expect(started).toBe(1);
    expect(await served.tls.challenge('mine')).toBe('mine.key');
    expect(await served.tls.challenge('other')).toBeUndefined();
    expect(() => served?.tls.check()).toThrow('no certificate from slow yet');
    await expect(serialOf()).rejects.toThrow();
    given.material = await ca.issue();
    notify();
    await served.event('certificate-swapped');
    expect(await serialOf()).toBe(given.material.serial);
    served.tls.check();
  });
});

const outcome = (work: Promise<unknown>) =>
  work.then(
    () => 'accepted',
    () => 'refused',
  );

function fetchBody(port: number, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, agent, rejectUnauthorized: false }, (response) => {
      response.resume().once('end', resolve).once('error', reject);
    }).once('error', reject);
  });
}

function streamBody(session: ReturnType<typeof connectHttp2>): Promise<void> {
  return new Promise((resolve, reject) => {
    session.request({ ':path': '/' }).once('error', reject).once('end', resolve).resume().end();
  });
}
