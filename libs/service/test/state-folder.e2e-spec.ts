// A state folder that cannot be one is said before anything else, once, with the remedy; and nothing is written where somebody else could
// put another key in its place.
import { chown, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineService, startService } from '../src/index.ts';
import { SampleModule } from './fixtures/sample.app.ts';

/** Elsewhere there is no such folder: then what a device is. */
const onLinux = (path: string) => (process.platform === 'linux' ? path : '/dev/null/x');

describe('the state folder', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-state-'));
    await writeFile(join(folder, 'file'), '');
    await symlink(join(folder, 'loop'), join(folder, 'loop'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const start = (state: string, env: NodeJS.ProcessEnv = {}) =>
    startService(
      SampleModule,
      defineService({
        root: folder,
        name: 'sample',
        ports: { https: 0, http: 0, management: 0 },
        tls: { sources: ['embedded'] },
        audit: { enabled: false }, // its keys would be read first
      }),
      { stateFolder: state, logLevel: 'silent', env },
    );

  it.each<[string, () => string, RegExp]>([
    ['below a file', () => join(folder, 'file/state'), /file\/state .*is a file \(ENOTDIR\)/],
    ['a file', () => join(folder, 'file'), /is a file \(ENOTDIR\)/],
    ['a link to itself', () => join(folder, 'loop'), /a link leads to itself \(ELOOP\)/],
    ['below such a link', () => join(folder, 'loop/a/b'), /a link leads to itself \(ELOOP\)/],
    ['a name that is too long', () => join(folder, 'x'.repeat(300)), /too long \(ENAMETOOLONG\)/],
    ['below /proc, where mkdir never returns', () => onLinux('/proc/x/y'), /takes no folders \(ENOENT\)|is a file/],
  ])('stops the start when it is %s', async (_what, state, message) => {
    for (const env of [{}, { NODE_ENV: 'production' }]) {
      await expect(start(state(), env)).rejects.toThrow(message);
      await expect(start(state(), env)).rejects.toThrow(/Set GATEHOUSE_STATE to a folder/);
    }
    expect((await readdir(folder)).sort()).toEqual(['file', 'loop']);
  });

  it('may be behind a link, deep, and longer than the path of a socket', async () => {
    await mkdir(join(folder, 'real'));
    await symlink(join(folder, 'real'), join(folder, 'linked'));
    const service = await start(join(folder, 'linked', 'a'.repeat(100), 'b'));
    await service.close();
    expect(await readdir(join(folder, 'real'))).toEqual(['a'.repeat(100)]);
  });

  it('may be begun by two starts at once, which make one CA', async () => {
    const state = join(folder, 'state');
    const [one, two] = await Promise.all([start(state), start(state)]);
    expect(one.caFile).toBe(two.caFile);
    await Promise.all([one.close(), two.close()]);
    expect((await readdir(join(state, 'ca'))).filter((name) => name.endsWith('.tmp') || name === 'lock')).toEqual([]);
  });

  const isRoot = process.getuid?.() === 0;
  if (!isRoot) process.stderr.write('SKIPPED folders of another user: only root can give one away\n');
  (isRoot ? it : it.skip).each([['sample/tls'], ['ca']])(
    'is not written to where %s is of another user',
    async (name) => {
      await mkdir(join(folder, 'state', name), { recursive: true });
      await chown(join(folder, 'state', name), 65_534, 65_534);
      await expect(start(join(folder, 'state'))).rejects.toThrow(/belongs to another user \(uid 65534\): remove it/);
    },
  );

  (isRoot ? it : it.skip)('is not written to where a link of another user leads', async () => {
    await mkdir(join(folder, 'state/sample'), { recursive: true });
    await mkdir(join(folder, 'elsewhere'));
    const { lchown } = await import('node:fs/promises');
    await symlink(join(folder, 'elsewhere'), join(folder, 'state/sample/tls'));
    await lchown(join(folder, 'state/sample/tls'), 65_534, 65_534);
    await expect(start(join(folder, 'state'))).rejects.toThrow(/tls belongs to another user/);
    expect(await readdir(join(folder, 'elsewhere'))).toEqual([]);
  });
});
