// A disk that is full between the first write and the last: the workspace is as before, or it is said that it is not.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isUnfinished, takeBackUnfinished } from '../src/plan.journal.ts';
import { Plan } from '../src/plan.ts';
import { writePlan } from '../src/plan.writer.ts';
import { sync } from './commands.ts';
import { checkout, fingerprint, write } from './scratch.workspace.ts';

// the journal, then the files of the plan by their paths; kept.txt is an edit, before it is nothing that has to be written to take it back
const UNDONE_AT_ONCE = ['the journal', 'a/b/new.txt', 'a/second.txt', 'kept.txt'];
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

  it('and has no room for what was there before, is told of, and taken back by the next command', () => {
    const { status, stderr } = run(root, ALL.length);
    expect(status).toBe(2);
    expect(stderr).not.toContain('Nothing was written');
    expect(stderr).toContain(
      'free some space. Then run npx gatehouse sync.\n  What was written could not all be taken back',
    );
    expect(isUnfinished(root)).toBe(true);
    expect(takeBackUnfinished(root).left).toEqual([]);
    expect(fingerprint(root)).toBe(before);
  });

  it('leaves no journal of a command that was killed before its journal was whole', () => {
    write(root, `.gatehouse/generator.journal.json.${2 ** 22 + 1}`, '{"pid"');
    const plan = new Plan(root);
    plan.write('kept.txt', 'mine\n');
    writePlan(plan);
    writeFileSync(join(root, 'kept.txt'), 'one\n');
    expect(fingerprint(root)).toBe(before);
  });

  it('and made a journal that cannot be read is refused, with what to do', async () => {
    write(root, '.gatehouse/generator.journal.json', '');
    expect(await sync(root, false)).toMatchObject({ code: 2, error: expect.stringContaining('then delete it') });
  });
});

function run(root: string, first: number): { status: number | null; stderr: string } {
  const hook = `--import=${join(checkout, 'tools/cli/swc-hook.mjs')}`;
  const program = fileURLToPath(new URL('./fixtures/full.program.ts', import.meta.url));
  const argv = ['--conditions=@gatehouse/source', hook, program, root, String(first)];
  return spawnSync(process.execPath, argv, { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
}
