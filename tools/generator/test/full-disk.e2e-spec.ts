// A disk that is full between the first write and the last: the workspace is as before, or it is said that it is not.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isUnfinished, takeBackUnfinished } from '../src/plan.journal.ts';
import { sync } from './commands.ts';
import { checkout, fingerprint, write } from './scratch.workspace.ts';

// the lock and the journal, then the files of the plan by their paths; before kept.txt, an edit, nothing has to be written to take it back
const UNDONE_AT_ONCE = ['the lock', 'the journal', 'a/b/new.txt', 'a/second.txt', 'kept.txt'];
const NOBODY = 65_534;
const ALL = [...UNDONE_AT_ONCE, 'zlast.txt'];

describe('a disk that is full', () => {
  let root: string;
  let before: string;
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-full-')));
    writeFileSync(join(root, 'kept.txt'), 'one\n');
    mkdirSync(join(root, 'old'));
    writeFileSync(join(root, 'old/gone.txt'), 'gone\n');
    before = fingerprint(root);
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it.each(UNDONE_AT_ONCE)('from %s on, leaves nothing behind and says so', (file) => {
    const { status, stderr } = run(root, ALL.indexOf(file) + 1);
    expect(status).toBe(2);
    expect(stderr).toBe(
      `Refused: ${root} cannot be written (ENOSPC).\n  The disk is full: free some space.\n  Nothing was written.\n`,
    );
    expect(fingerprint(root)).toBe(before);
  });

  it('and has no room for what was there before, is told of, and taken back by the next command', async () => {
    const { status, stderr } = run(root, ALL.length);
    expect(status).toBe(2);
    expect(stderr).not.toContain('Nothing was written');
    expect(stderr).toContain(
      'free some space. Then run npx gatehouse sync.\n  What was written could not all be taken back',
    );
    expect(await isUnfinished(root)).toBe(true);
    expect((await takeBackUnfinished(root)).left).toEqual([]);
    expect(fingerprint(root)).toBe(before);
  });

  it('and made a journal that cannot be read is refused, with what to do', async () => {
    write(root, '.gatehouse/generator.journal.json', '');
    expect(await sync(root, false)).toMatchObject({ code: 2, error: expect.stringContaining('then delete it') });
  });
});

describe('a folder that may not be written to', () => {
  let root: string;
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-foreign-')));
  });
  afterEach(() => {
    chmodSync(root, 0o755);
    rmSync(root, { recursive: true, force: true });
  });

  it.each(['', '.gatehouse'])('is refused with what to do, and stays as it is: /%s', (folder) => {
    if (process.platform === 'win32') return console.log('skipped: Windows has no such modes');
    mkdirSync(join(root, folder), { recursive: true });
    const before = fingerprint(root);
    for (const locked of [join(root, folder), root]) chmodSync(locked, 0o555);
    const { status, stderr } = run(root, 99, process.getuid?.() === 0 ? NOBODY : undefined);
    expect([status, stderr]).toEqual([2, expect.stringContaining(`Refused: ${root}/.gatehouse`)]);
    expect(stderr).toContain(
      'cannot be written (EACCES).\n  Change its owner or its mode, or work in a clone of your own.\n  Nothing was written.',
    );
    expect(fingerprint(root)).toBe(before);
    if (folder) chmodSync(join(root, folder), 0o755);
  });
});

function run(root: string, first: number, user?: number): { status: number | null; stderr: string } {
  const hook = `--import=${join(checkout, 'tools/cli/swc-hook.mjs')}`;
  const program = fileURLToPath(new URL('./fixtures/full.program.ts', import.meta.url));
  const argv = ['--conditions=@gatehouse/source', hook, program, root, String(first), ...(user ? [String(user)] : [])];
  return spawnSync(process.execPath, argv, { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
}
