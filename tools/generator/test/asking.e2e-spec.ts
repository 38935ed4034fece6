// Somebody is asked: the answers count, and an input that ends (Ctrl-D) is a refusal and no crash.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { make } from './commands.ts';
import { checkout, commit, scratchWorkspace, status } from './scratch.workspace.ts';

let root: string;
let remove: () => void;
beforeEach(() => ({ root, remove } = scratchWorkspace()));
afterEach(() => remove());

it.each(['', 'or'])('an input that ends after "%s" is refused with the flag, and nothing is written', (typed) => {
  const { code, error } = run('new', typed);
  expect(error).toContain('Refused: nobody answered "Name of the service".\n  Run it again, or give <name>.\n');
  expect(error).not.toMatch(/^ +at /m);
  expect(code).toBe(2);
  expect(status(root)).toBe('');
});

it('an input that ends where destroying is to be agreed to destroys nothing', async () => {
  expect((await make(root, 'service', { name: 'orders', storage: 'memory' })).code).toBe(0);
  commit(root);
  const { code, error } = run('destroy', '');
  expect(error).toContain('Refused: nobody answered "Destroy the service orders?".\n  Run it again, or give --yes.\n');
  expect(code).toBe(2);
  expect(status(root)).toBe('');
});

it('takes what is typed, and asks again for what it refuses', () => {
  expect(run('new', '../x\n')).toMatchObject({ code: 2, out: expect.stringContaining('is a path') });
  expect(run('destroy', 'n\n').error).toContain('there is no generated service "orders"');
});

function run(what: string, typed: string): { code: number | null; out: string; error: string } {
  const hook = `--import=${join(checkout, 'tools/cli/swc-hook.mjs')}`;
  const program = fileURLToPath(new URL('./fixtures/asking.program.ts', import.meta.url));
  const argv = ['--conditions=@gatehouse/source', hook, program, root, what];
  const env = { ...process.env, NODE_OPTIONS: '' };
  const { status: code, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8', input: typed, env });
  return { code, out: stdout, error: stderr };
}
