import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTls } from '../src/create-tls.ts';
import type { Tls } from '../src/tls.ts';
import type { TlsEvent } from '../src/tls.event.ts';
import { tlsOptionsSchema } from '../src/tls.options.ts';

const installed = hasMkcert();
const whenInstalled = installed || process.env.CI ? it : it.skip; // CI installs it, and fails without
if (!installed) process.stderr.write('skipped: what needs the real mkcert: it is not on the PATH\n');

describe('mkcert', () => {
  let folder: string;
  let events: TlsEvent[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-mkcert-'));
    await mkdir(join(folder, 'bin'));
    events = [];
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const create = (env: NodeJS.ProcessEnv, names?: string[]): Promise<Tls> =>
    createTls(tlsOptionsSchema.parse(names ? { names } : {}), {
      service: 'api',
      stateFolder: join(folder, 'state'),
      production: false,
      env,
      onEvent: (event) => events.push(event),
    });
  const fake = async (script: string) => {
    await writeFile(join(folder, 'bin/mkcert'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return `${join(folder, 'bin')}:/usr/bin:/bin`;
  };

  whenInstalled('makes the certificate where it is installed, in a CA of its own', async () => {
    const env = { PATH: process.env.PATH, CAROOT: join(folder, 'caroot') };
    const tls = await create(env);
    expect(tls.describe().source).toBe('mkcert');
    expect(tls.caFile).toBe(join(folder, 'caroot/rootCA.pem'));
    const { cert } = tls.serverOptions();
    const ca = new X509Certificate(await readFile(tls.caFile ?? ''));
    expect(new X509Certificate(cert as string).verify(ca.publicKey)).toBe(true);
    expect((await stat(join(folder, 'state/api/tls/mkcert.pem'))).mode & 0o777).toBe(0o600);
    const again = await create(env);
    expect(again.describe().serial).toBe(tls.describe().serial);
    const more = await create(env, ['localhost', 'more.test']);
    expect(more.describe().names).toContain('more.test');
    await Promise.all([tls, again, more].map((each) => each.close()));
  });

  whenInstalled('is not run with neither HOME nor CAROOT, where it would write beside the root folder', async () => {
    const tls = await create({ PATH: process.env.PATH });
    expect(tls.describe().source).toBe('embedded');
    expect(events).toEqual([
      expect.objectContaining({ type: 'source-fallback', message: expect.stringContaining('CAROOT') }),
    ]);
    await tls.close();
  });

  it('gives way to the embedded CA when it fails, and says why', async () => {
    const PATH = await fake(
      '[ "$1" = -CAROOT ] && echo /nonexistent && exit 0\necho "ERROR: the CA key is missing" >&2\nexit 1',
    );
    const tls = await create({ PATH, HOME: folder });
    expect(tls.describe().source).toBe('embedded');
    expect(events).toEqual([
      expect.objectContaining({
        type: 'source-fallback',
        level: 'warn',
        source: 'mkcert',
        message: expect.stringMatching(/the CA key is missing.*Asking embedded instead/),
      }),
    ]);
    await tls.close();
  });

  it('gives way when what it made is no certificate', async () => {
    const PATH = await fake('[ "$1" = -CAROOT ] && echo /nonexistent && exit 0\nexit 0');
    const tls = await create({ PATH, HOME: folder });
    expect(tls.describe().source).toBe('embedded');
    expect(events).toHaveLength(1);
    await tls.close();
  });

  it('leaves no key behind when it fails halfway', async () => {
    const PATH = await fake('[ "$1" = -CAROOT ] && echo /nonexistent && exit 0\necho secret > "$5"\nexit 1');
    await (await create({ PATH, HOME: folder })).close();
    const { stdout } = {
      stdout: execFileSync('find', [join(folder, 'state/api'), '-type', 'f'], { encoding: 'utf8' }),
    };
    expect(stdout.trim().split('\n')).toEqual([join(folder, 'state/api/tls/leaf.pem')]);
  });
});

function hasMkcert(): boolean {
  try {
    execFileSync('mkcert', ['-version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
