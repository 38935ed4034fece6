import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprint } from '../test/scratch.workspace.ts';
import { unifiedDiff } from './plan.diff.ts';
import { Plan, StalePlanError } from './plan.ts';
import { planAndWrite, writePlan } from './plan.writer.ts';

describe('a plan', () => {
  let root: string;
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-plan-')));
    writeFileSync(join(root, 'kept.txt'), 'one\ntwo\n');
    mkdirSync(join(root, 'old'));
    writeFileSync(join(root, 'old/gone.txt'), 'gone\n');
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  it('writes creations, edits and removals', async () => {
    const plan = new Plan(root);
    plan.write('a/b/new.txt', 'new\n');
    plan.write('kept.txt', 'one\n2\n');
    plan.remove('old/gone.txt');
    await writePlan(plan);
    expect(readFileSync(join(root, 'a/b/new.txt'), 'utf8')).toBe('new\n');
    expect(readFileSync(join(root, 'kept.txt'), 'utf8')).toBe('one\n2\n');
    expect(() => readFileSync(join(root, 'old/gone.txt'))).toThrow(/ENOENT/);
  });

  it('takes everything back when a write fails half-way', async () => {
    const plan = new Plan(root);
    plan.write('a/b/new.txt', 'new\n');
    plan.write('kept.txt', 'changed\n');
    plan.remove('old/gone.txt');
    plan.link('node_modules/@gatehouse/x', join(root, 'a'));
    plan.write('zlast/last.txt', 'last\n');
    writeFileSync(join(root, 'zlast'), 'in the way of the last write');
    const before = fingerprint(root);
    await expect(writePlan(plan)).rejects.toThrow(/ENOTDIR/);
    expect(fingerprint(root)).toBe(before);
  });

  it('takes everything back when a link cannot be made', async () => {
    mkdirSync(join(root, 'node_modules/@gatehouse/x'), { recursive: true });
    const before = fingerprint(root);
    const plan = new Plan(root);
    plan.write('a/new.txt', 'new\n');
    plan.link('node_modules/@gatehouse/x', join(root, 'a'));
    await expect(writePlan(plan)).rejects.toThrow(/is not a link/);
    expect(fingerprint(root)).toBe(before);
  });

  it('refuses a file that changed since it was planned', async () => {
    const plan = new Plan(root);
    plan.write('kept.txt', 'mine\n');
    writeFileSync(join(root, 'kept.txt'), 'theirs\n');
    await expect(writePlan(plan)).rejects.toThrow(/kept\.txt changed/);
    expect(readFileSync(join(root, 'kept.txt'), 'utf8')).toBe('theirs\n');
  });

  it('is stale when something that it only read is another, or there are other folders', async () => {
    for (const change of [() => writeFileSync(join(root, 'kept.txt'), 'new\n'), () => mkdirSync(join(root, 'more'))]) {
      const plan = new Plan(root);
      plan.write('mine.txt', `${plan.read('kept.txt')} ${plan.rely('the folders', () => readdirSync(root)).join()}`);
      change();
      await expect(writePlan(plan)).rejects.toThrow(/^(?:kept\.txt|the folders) changed while the plan was made$/);
      expect(existsSync(join(root, 'mine.txt'))).toBe(false);
    }
  });

  it.each([
    [6, 'is made again while others are faster'],
    [1_000, 'is refused where it never comes to write'],
  ])('of which %i are stale %s', async (faster) => {
    let made = 0;
    const planned = planAndWrite(async () => {
      const plan = new Plan(root);
      plan.write('kept.txt', `${plan.read('kept.txt')}mine\n`);
      if (made++ < faster) writeFileSync(join(root, 'kept.txt'), `theirs ${made}\n`);
      return { plan };
    });
    if (faster < 1_000) await planned;
    else await expect(planned).rejects.toThrow(StalePlanError);
    expect(readFileSync(join(root, 'kept.txt'), 'utf8')).toBe(faster < 1_000 ? 'theirs 6\nmine\n' : `theirs ${made}\n`);
  });

  it.each(['../x', '/etc/x', 'a/../../x', 'a\\b', '.'])('refuses the path %s', (path) => {
    expect(() => new Plan(root).write(path, '')).toThrow(/not inside the workspace/);
  });

  it('refuses a path through a link that leads out', () => {
    symlinkSync(tmpdir(), join(root, 'out'));
    expect(() => new Plan(root).write('out/x.txt', '')).toThrow(/leads out/);
  });

  it('shows a diff that names creations and removals', () => {
    const plan = new Plan(root);
    plan.write('new.txt', 'new\n');
    plan.write('kept.txt', 'one\n2\n');
    plan.remove('old/gone.txt');
    const diff = unifiedDiff(plan.changes());
    expect(diff).toContain('--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1,1 @@\n+new\n');
    expect(diff).toContain('--- a/kept.txt\n+++ b/kept.txt\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n');
    expect(diff).toContain('--- a/old/gone.txt\n+++ /dev/null\n');
  });

  it('has no change when the text is the same', () => {
    const plan = new Plan(root);
    plan.write('kept.txt', 'one\ntwo\n');
    expect(plan.changes()).toEqual([]);
  });
});
