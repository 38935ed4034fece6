// SIGKILL between the first write and the last, and two commands at once: the workspace is as before, or as after.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isUnfinished, takeBackUnfinished } from '../src/plan.journal.ts';
import { Plan } from '../src/plan.ts';
import { writePlan } from '../src/plan.writer.ts';
import { destroy, make, sync } from './commands.ts';
import { checkout, fingerprint, scratchWorkspace, status, write } from './scratch.workspace.ts';

const WRITES = 4;

describe('a command that is killed half-way', () => {
  let root: string;
  let before: string;
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-killed-')));
    writeFileSync(join(root, 'kept.txt'), 'one\n');
    mkdirSync(join(root, 'old'));
    writeFileSync(join(root, 'old/gone.txt'), 'gone\n');
    before = fingerprint(root);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it.each(Array.from({ length: WRITES }, (_, index) => index + 1))(
    'before write %i, is taken back whole',
    async (fatal) => {
      expect(run(root, fatal)).toBe('SIGKILL');
      expect(await isUnfinished(root)).toBe(true);
      expect((await takeBackUnfinished(root)).left).toEqual([]);
      expect(fingerprint(root)).toBe(before);
    },
  );

  it.each([0, WRITES])('before write %i, is taken back by the next write, too', async (fatal) => {
    expect(run(root, fatal)).toBe('SIGKILL');
    const plan = new Plan(root);
    plan.write('mine.txt', 'mine\n');
    await writePlan(plan);
    rmSync(join(root, 'mine.txt'));
    expect(fingerprint(root)).toBe(before);
  });

  it('is taken back though the next one was killed while it did', async () => {
    run(root, WRITES);
    expect(run(root, 0)).toBe('SIGKILL');
    await takeBackUnfinished(root);
    expect(fingerprint(root)).toBe(before);
  });

  it('does not take back what somebody wrote since', async () => {
    run(root, WRITES);
    writeFileSync(join(root, 'a/second.txt'), 'theirs\n');
    const { back, left } = await takeBackUnfinished(root);
    expect([back, left]).toEqual([expect.arrayContaining(['a/b/new.txt']), ['a/second.txt']]);
    expect(readFileSync(join(root, 'a/second.txt'), 'utf8')).toBe('theirs\n');
  });

  it('leaves nothing of itself when it is not killed', async () => {
    expect(run(root, 99)).toBeNull();
    expect(await isUnfinished(root)).toBe(false);
    expect(readFileSync(join(root, 'zlast.txt'), 'utf8')).toBe('last\n');
    expect(existsSync(join(root, '.gatehouse'))).toBe(false);
  });
});

describe('two commands at once', () => {
  let root: string;
  let remove: () => void;
  beforeEach(() => ({ root, remove } = scratchWorkspace()));
  afterEach(() => remove());

  it('get different ports, and each its line in the shared files', async () => {
    const names = ['orders', 'billing', 'carts'];
    const ran = await Promise.all(names.map((name) => make(root, 'service', { name, storage: 'memory' })));
    expect(ran.map(({ code }) => code)).toEqual([0, 0, 0]);
    const ports = names.map((name) =>
      /https: (\d+)/.exec(readFileSync(join(root, `apps/${name}/service.config.ts`), 'utf8'))?.at(1),
    );
    expect(ports.toSorted()).toEqual(['8444', '8445', '8446']);
    const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
    for (const name of names) expect(lock).toContain(`"node_modules/@gatehouse/${name}"`);
    for (const name of names) expect((await destroy(root, 'service', name)).code).toBe(0);
  });

  it('one that is still writing is waited for, then named', async () => {
    write(root, '.gatehouse/generator.lock', `${process.ppid} ${hostname()}\n`);
    const plan = new Plan(root);
    plan.write('mine.txt', 'mine\n');
    await expect(writePlan(plan)).rejects.toThrow(`(process ${process.ppid}) is writing`);
    expect(status(root)).toBe('');
  });

  it('a lock that does not say whose it is is refused, with what to do', async () => {
    mkdirSync(join(root, '.gatehouse/generator.lock'), { recursive: true });
    const refused = await make(root, 'lib', { name: 'money' });
    expect(refused.error).toContain(
      'generator.lock cannot be read (EISDIR).\n  Delete it when no gatehouse command runs.',
    );
    expect(status(root)).toBe('');
  });

  it('one that waits lets itself be interrupted', async () => {
    write(root, '.gatehouse/generator.lock', `${process.ppid} ${hostname()}\n`);
    const before = fingerprint(root);
    const child = spawn(process.execPath, argvOf(root, 99), { env: { ...process.env, NODE_OPTIONS: '' } });
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([130, null]);
    expect(fingerprint(root)).toBe(before);
  });

  it('a dead one is told of, and nothing is shown over its remains', async () => {
    const dead = { changes: [{ path: 'half.txt', after: 'half\n' }], links: [] };
    write(root, 'half.txt', 'half\n');
    write(root, '.gatehouse/generator.journal.json', JSON.stringify(dead));
    expect(await sync(root, true)).toMatchObject({ code: 2, error: expect.stringContaining('killed half-way') });
    expect((await sync(root, false)).error).toContain('took its 1 change(s) back');
    expect(status(root)).not.toContain('half.txt');
  });
});

function run(root: string, fatal: number): NodeJS.Signals | null {
  return spawnSync(process.execPath, argvOf(root, fatal), { env: { ...process.env, NODE_OPTIONS: '' } }).signal;
}

function argvOf(root: string, fatal: number): string[] {
  const hook = `--import=${join(checkout, 'tools/cli/swc-hook.mjs')}`;
  const program = fileURLToPath(new URL('./fixtures/killed.program.ts', import.meta.url));
  return ['--conditions=@gatehouse/source', hook, program, root, String(fatal)];
}
