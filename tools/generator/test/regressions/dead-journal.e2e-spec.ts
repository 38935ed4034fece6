// Commands that find the journal of a dead one at the same moment. The slower of two that took it back removed the journal that the faster
// one had opened meanwhile: a third wrote beside it, and one change was lost. A process number that was given again was busy for ever.
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { lockFile } from '@gatehouse/files';
import { isUnfinished, takeBackUnfinished } from '../../src/plan.journal.ts';
import { checkout, fingerprint, write } from '../scratch.workspace.ts';

const [COMMANDS, ROUNDS] = [5, 8];
const DEAD = 2 ** 22 + 1;
const LOCK = '.gatehouse/generator.lock';
const JOURNAL = '.gatehouse/generator.journal.json';

describe('the journal of a dead command', () => {
  let root: string;
  let commands: ReturnType<typeof start>[] = [];
  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-journal-')));
    writeFileSync(join(root, 'names.txt'), '');
  });
  afterEach(() => {
    for (const { child } of commands) child.kill('SIGKILL');
    rmSync(root, { recursive: true, force: true });
  });

  it('is taken back by one of many, and none of the others loses its change', async () => {
    commands = Array.from({ length: COMMANDS }, (_, nth) => start(root, `command ${nth}`));
    await Promise.all(commands.map(({ says }) => says()));
    for (let round = 0; round < ROUNDS; round++) {
      leaveHalfWritten(root, DEAD);
      for (const { child } of commands) child.stdin?.write('go\n');
      expect(await Promise.all(commands.map(({ says }) => says()))).toEqual(commands.map(() => 'added'));
    }
    const names = readFileSync(join(root, 'names.txt'), 'utf8').trim().split('\n').sort();
    const all = commands.flatMap((_, nth) => Array.from({ length: ROUNDS }, () => `command ${nth}`));
    expect(names).toEqual(all);
    expect(existsSync(join(root, '.gatehouse'))).toBe(false);
  }, 60_000);

  it('is one though its number is that of another process by now', async () => {
    if (process.platform !== 'linux') return console.log('skipped: only Linux says when a process began');
    const before = fingerprint(root);
    leaveHalfWritten(root, process.ppid);
    const lock = await lockFile(join(root, LOCK));
    const [, host, namespace, word, began] = readFileSync(join(root, LOCK), 'utf8').trim().split(' ');
    await lock.release();
    write(root, LOCK, `${process.ppid} ${host} ${namespace} ${word} ${Number(began) + 1}\n`);
    expect(await isUnfinished(root)).toBe(true);
    expect(await takeBackUnfinished(root)).toEqual({ back: ['names.txt'], left: [] });
    expect(fingerprint(root)).toBe(before);
  });
});

/** What a command left that was killed after its only write. Before it was told by its lock, its number stood in the journal. */
function leaveHalfWritten(root: string, pid: number): void {
  const before = readFileSync(join(root, 'names.txt'), 'utf8');
  const after = `${before}half\n`;
  writeFileSync(join(root, 'names.txt'), after);
  write(root, `${JOURNAL}.tmp`, JSON.stringify({ pid, changes: [{ path: 'names.txt', before, after }], links: [] }));
  renameSync(join(root, `${JOURNAL}.tmp`), join(root, JOURNAL));
}

function start(root: string, name: string): { child: ChildProcess; says: () => Promise<string> } {
  const hook = `--import=${join(checkout, 'tools/cli/swc-hook.mjs')}`;
  const program = fileURLToPath(new URL('../fixtures/contender.program.ts', import.meta.url));
  const child = spawn(process.execPath, ['--conditions=@gatehouse/source', hook, program, root, name], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return { child, says: async () => (await lines.next()).value ?? 'nothing more' };
}
