import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { request } from 'node:https';
import { createTls } from '../src/create-tls.ts';
import type { TlsContext } from '../src/tls.ts';
import type { TlsEvent } from '../src/tls.event.ts';
import { tlsOptionsSchema } from '../src/tls.options.ts';
import { closed, handshake, listening } from './fixtures/handshake.ts';

const run = promisify(execFile);

describe('the development certificate', () => {
  let folder: string;
  let events: TlsEvent[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-tls-'));
    events = [];
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const create = (options: object = {}, context: Partial<TlsContext> = {}) =>
    createTls(tlsOptionsSchema.parse(options), {
      service: 'api',
      stateFolder: join(folder, 'state'),
      production: false,
      env: { PATH: '' },
      onEvent: (event) => events.push(event),
      ...context,
    });

  it('is accepted by a client that trusts the CA, for each of its names', async () => {
    const tls = await create();
    const server = createServer(tls.serverOptions(), (_request, response) => response.end('hello'));
    const port = await listening(server);
    const ca = await readFile(tls.caFile ?? '');
    for (const servername of ['localhost', '127.0.0.1']) {
      const status = await new Promise((resolve, reject) => {
        request({ host: servername, port, ca, agent: false }, (response) => resolve(response.statusCode))
          .on('error', reject)
          .end();
      });
      expect(status).toBe(200);
    }
    await closed(server);
    await tls.close();
  });

  it('is strictly valid for OpenSSL too', async () => {
    const tls = await create();
    const leaf = join(folder, 'leaf.pem');
    await writeFile(
      leaf,
      (await readFile(join(folder, 'state/api/tls/leaf.pem'), 'utf8')).replace(/^[^]*PRIVATE KEY-----\n/, ''),
    );
    const { stdout } = await run('openssl', [
      'verify',
      '-x509_strict',
      '-purpose',
      'sslserver',
      '-verify_hostname',
      'localhost',
      '-CAfile',
      tls.caFile ?? '',
      leaf,
    ]);
    expect(stdout).toContain(': OK');
    await tls.close();
  });

  it('is from a CA that cannot sign for another site', async () => {
    const tls = await create();
    const { issueLeaf } = await import('../src/development/issue.certificate.ts');
    const [cert, key] = await Promise.all(
      ['ca.pem', 'ca.key'].map((name) => readFile(join(folder, 'state/ca', name), 'utf8')),
    );
    const forged = await issueLeaf({ cert: cert ?? '', key: key ?? '' }, ['www.example.com'], Date.now());
    await writeFile(join(folder, 'forged.pem'), forged.cert);
    await expect(
      run('openssl', ['verify', '-CAfile', tls.caFile ?? '', join(folder, 'forged.pem')]),
    ).rejects.toMatchObject({
      stderr: expect.stringContaining('permitted subtree violation'),
    });
    const server = createServer({ ...forged }, (_request, response) => response.end());
    const port = await listening(server);
    const refused = new Promise((_resolve, reject) =>
      request({ host: '127.0.0.1', servername: 'www.example.com', port, ca: cert, agent: false })
        .on('error', reject)
        .end(),
    );
    await expect(refused).rejects.toThrow('permitted subtree violation');
    await closed(server);
    await tls.close();
  });

  it('writes every file for its owner only', async () => {
    const mask = process.umask(0);
    try {
      await (await create()).close();
    } finally {
      process.umask(mask);
    }
    const modes = await modesBelow(join(folder, 'state'));
    expect(modes).toEqual({
      '.': '700',
      api: '700',
      'api/tls': '700',
      'api/tls/leaf.pem': '600',
      ca: '700',
      'ca/ca.key': '600',
      'ca/ca.pem': '600',
    });
  });

  it('closes a folder that was open to others', async () => {
    await mkdir(join(folder, 'state/ca'), { recursive: true, mode: 0o777 });
    await chmod(join(folder, 'state/ca'), 0o777);
    await (await create()).close();
    expect((await modesBelow(join(folder, 'state')))['ca']).toBe('700');
  });

  it('stays the same from one start to the next', async () => {
    const [first, second] = [await create(), await create()];
    expect(second.describe().serial).toBe(first.describe().serial);
    await Promise.all([first.close(), second.close()]);
    expect(events).toEqual([]);
  });

  it('makes one CA, however many services start at once', async () => {
    const program = [
      '--conditions=@gatehouse/source',
      '--import',
      join(import.meta.dirname, '../../../tools/cli/swc-hook.mjs'),
      join(import.meta.dirname, 'fixtures/make-certificate.process.ts'),
      join(folder, 'state'),
    ];
    const env = { ...process.env, NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' };
    const answers = await Promise.all(
      ['api', 'api', 'orders', 'users'].map((service) => run(process.execPath, [...program, service], { env })),
    );
    const made = answers.map(({ stdout }) => JSON.parse(stdout) as { ca: string; serial: string });
    expect(new Set(made.map(({ ca }) => ca)).size).toBe(1);
    expect(new Set(made.map(({ serial }) => serial)).size).toBe(3);
    expect((await readdir(join(folder, 'state/ca'))).toSorted()).toEqual(['ca.key', 'ca.pem']);
  });

  it('takes over the lock of a process that died', async () => {
    await mkdir(join(folder, 'state/ca'), { recursive: true });
    await writeFile(join(folder, 'state/ca/lock'), `4194303 ${hostname()}\n`);
    await (await create()).close();
    await rm(join(folder, 'state/ca/ca.pem'));
    await writeFile(join(folder, 'state/ca/lock'), '1 another-machine - x\n');
    await utimes(join(folder, 'state/ca/lock'), 0, 0);
    await (await create()).close();
  });

  it.each([
    ['cut in half', (pem: string) => pem.slice(0, pem.length / 2)],
    ['empty', () => ''],
    ['no PEM', () => 'hello'],
  ])('makes a new CA when the old one is %s, and says so', async (_what, damage) => {
    await (await create()).close();
    const file = join(folder, 'state/ca/ca.pem');
    await writeFile(file, damage(await readFile(file, 'utf8')));
    const tls = await create();
    expect(events).toEqual([
      expect.objectContaining({
        type: 'certificate-renewed',
        level: 'warn',
        message: expect.stringContaining('trust it again'),
      }),
    ]);
    expect(new X509Certificate(await readFile(file)).ca).toBe(true);
    await tls.close();
  });

  it('makes a new CA when its key is lost or another', async () => {
    await (await create()).close();
    await rm(join(folder, 'state/ca/ca.key'));
    await (await create()).close();
    expect(events.at(-1)?.message).toContain('key is missing');
    await writeFile(join(folder, 'state/ca/ca.key'), await readFile(join(folder, 'state/api/tls/leaf.pem')));
    await (await create()).close();
    expect(events.at(-1)?.message).toContain('is not the certificate of ca.key');
  });

  it('makes a new leaf, silently, when the old one is half-written', async () => {
    const before = await create();
    const file = join(folder, 'state/api/tls/leaf.pem');
    await writeFile(file, (await readFile(file, 'utf8')).slice(0, 300));
    const after = await create();
    expect(after.describe().serial).not.toBe(before.describe().serial);
    expect(events).toEqual([]);
    await Promise.all([before.close(), after.close()]);
  });

  it('makes a new leaf when three fifths of its life are over, and a new CA before it expires', async () => {
    const days = (count: number) => () => Date.now() + count * 86_400_000;
    const now = await create();
    const soon = await create({}, { now: days(50) });
    expect(soon.describe().serial).toBe(now.describe().serial);
    const renewed = await create({}, { now: days(56) });
    expect(renewed.describe().serial).not.toBe(now.describe().serial);
    expect(events).toEqual([]);
    const late = await create({}, { now: days(730) });
    expect(events).toEqual([expect.objectContaining({ message: expect.stringContaining('about to expire') })]);
    await Promise.all([now, soon, renewed, late].map((tls) => tls.close()));
  });

  it('is renewed while the service runs, before any alarm', async () => {
    let now = Date.now();
    const tls = await create({}, { now: () => now });
    const server = createServer(tls.serverOptions(), (_request, response) => response.end());
    const port = await listening(server);
    const detach = tls.attach(server);
    const before = (await handshake(port)).serial;
    now += 56 * 86_400_000;
    await tls.refresh();
    expect((await handshake(port)).serial).not.toBe(before);
    expect(events.map(({ type }) => type)).toEqual(['certificate-swapped']);
    detach();
    await tls.close();
    await closed(server);
  });

  it('widens the CA for a name of the configuration, and keeps what it permitted', async () => {
    await (await create()).close();
    const own = await create({ names: ['localhost', 'api.example.com', '*.shop.example.com', '10.0.0.7', 'fd00::1'] });
    expect(own.describe().names).toContain('api.example.com');
    expect(events.at(-1)?.message).toContain('may not sign for api.example.com');
    events.length = 0;
    const other = await create({ names: ['localhost', 'other.test'] }, { service: 'other' });
    expect(events).toEqual([]);
    await run('openssl', [
      'verify',
      '-x509_strict',
      '-CAfile',
      own.caFile ?? '',
      join(folder, 'state/api/tls/leaf.pem'),
    ]);
    await Promise.all([own.close(), other.close()]);
  });

  it('is refused in production, with the settings that mend it', async () => {
    await expect(create({}, { production: true })).rejects.toThrow('GATEHOUSE_TLS_CERT_FILE');
    expect(await readdir(folder)).toEqual([]);
  });

  it('says which folder cannot be written', async () => {
    await writeFile(join(folder, 'state'), 'a file');
    await expect(create()).rejects.toThrow(/state.*cannot be (read|written).*\w+/);
  });
});

async function modesBelow(root: string): Promise<Record<string, string>> {
  const entries = ['.', ...(await readdir(root, { recursive: true }))].toSorted();
  const modes = await Promise.all(
    entries.map(async (name) => [name, ((await stat(join(root, name))).mode & 0o777).toString(8)]),
  );
  return Object.fromEntries(modes) as Record<string, string>;
}
