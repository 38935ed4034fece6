// What each source leaves in the state folder: a key that others can read is a key that others have.
import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTls } from '../src/create-tls.ts';
import { issueAuthority, issueLeaf } from '../src/development/issue.certificate.ts';
import type { TlsContext } from '../src/tls.ts';
import { tlsOptionsSchema } from '../src/tls.options.ts';
import { testAuthority } from '../src/testing/index.ts';
import { acmeService } from './fixtures/acme.service.ts';
import { closed, listening } from './fixtures/handshake.ts';
import { describePebble, freePort, startPebble } from '../src/testing/index.ts';
import { replace, until } from './fixtures/served.ts';

describe('every file of the state folder', () => {
  let folder: string;
  let mask: number;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-modes-'));
    mask = process.umask(0); // nothing is owed to the mask
  });
  afterEach(async () => {
    process.umask(mask);
    await rm(folder, { recursive: true, force: true });
  });

  const startAndStop = async (options: object, context: Partial<TlsContext>) => {
    const tls = await createTls(tlsOptionsSchema.parse(options), {
      ...{ service: 'api', stateFolder: join(folder, 'state'), production: false, env: {} },
      ...context,
    });
    const server = createServer(tls.serverOptions(), (_request, response) => response.end());
    await listening(server);
    const detach = tls.attach(server);
    await until(() => (tls.describe().serial === '' ? undefined : true), 'a certificate');
    await tls.refresh();
    detach();
    await tls.close();
    await closed(server);
    return modesBelow(join(folder, 'state'));
  };

  it('of a service with files is its own alone', async () => {
    const { cert, key } = await (await testAuthority()).issue();
    const files = [{ certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') }];
    await replace(join(folder, 'tls.crt'), cert);
    await replace(join(folder, 'tls.key'), key);
    expect(await startAndStop({ files }, {})).toEqual({
      '.': 'folder 700',
      api: 'folder 700',
      'api/tls': 'folder 700',
      'api/tls/status.json': '600',
    });
  });

  it('of a service with the embedded CA is its own alone', async () => {
    expect(await startAndStop({ sources: ['embedded'] }, {})).toEqual({
      '.': 'folder 700',
      api: 'folder 700',
      'api/tls': 'folder 700',
      'api/tls/leaf.pem': '600',
      'api/tls/status.json': '600',
      ca: 'folder 700',
      'ca/ca.key': '600',
      'ca/ca.pem': '600',
    });
  });

  it('of a service with the vault as its CA is its own alone', async () => {
    const ca = await issueAuthority(['localhost'], Date.now());
    const vaultSigner = {
      sign: async () => ({ certificate: (await issueLeaf(ca, ['localhost'], Date.now())).cert, chain: [] }),
    };
    const starting = createTls(tlsOptionsSchema.parse({ names: ['localhost'], vaultPki: { role: 'api' } }), {
      ...{ service: 'api', stateFolder: join(folder, 'state'), production: true, vaultSigner },
    });
    // The certificate is of another key, so it is refused, and the start with it: what is left is how the attempt went.
    await expect(starting).rejects.toThrow('the key is not the key of the certificate');
    expect(await modesBelow(join(folder, 'state'))).toEqual({
      '.': 'folder 700',
      api: 'folder 700',
      'api/tls': 'folder 700',
      'api/tls/vault-pki': 'folder 700',
      'api/tls/vault-pki/attempts.json': '600',
    });
  });

  describePebble('with ACME', () => {
    it('is its own alone, while the CA asks and afterwards', async () => {
      const gatePort = await freePort();
      const pebble = await startPebble(gatePort);
      const seen: Record<string, string>[] = [];
      const service = await acmeService({ folder, pebble, gatePort });
      const look = setInterval(() => void modesBelow(join(folder, 'state')).then((modes) => seen.push(modes)), 5);
      await service.event('certificate-swapped');
      clearInterval(look);
      await service.close();
      await pebble.remove();
      const modes = await modesBelow(join(folder, 'state'));
      expect(Object.keys(modes).map((name) => name.replace(/acme\/[^/]+/, 'acme/CA'))).toEqual([
        ...['.', 'api', 'api/tls', 'api/tls/acme', 'api/tls/acme/CA', 'api/tls/acme/CA/account.json'],
        ...['api/tls/acme/CA/attempts.json', 'api/tls/acme/CA/certificate.pem', 'api/tls/acme/CA/challenges'],
        'api/tls/status.json',
      ]);
      const all = new Set([...seen, modes].flatMap((each) => Object.values(each)));
      expect([...all].filter((mode) => mode !== '600' && mode !== 'folder 700')).toEqual([]);
    });
  });
});

async function modesBelow(root: string): Promise<Record<string, string>> {
  const names = ['.', ...(await readdir(root, { recursive: true }).catch(() => []))].toSorted();
  const rows = names.map(async (name) => {
    const found = await lstat(join(root, name)).catch(() => undefined); // gone meanwhile
    if (!found) return [];
    const mode = (found.mode & 0o777).toString(8);
    return [[name, found.isDirectory() ? `folder ${mode}` : mode]];
  });
  return Object.fromEntries((await Promise.all(rows)).flat()) as Record<string, string>;
}
