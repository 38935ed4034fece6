// Somebody is asked: the answers count, and an input that ends (Ctrl-D) is a refusal and no crash.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
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

it('takes the next free ports, and asks nothing again, when another service was made while somebody was asked', async () => {
  const child = spawn(process.execPath, argvOf('new'), { env: { ...process.env, NODE_OPTIONS: '' } });
  const ended = once(child, 'exit');
  let said = '';
  const asked = async (question: string) => {
    while (!said.includes(question)) said += String((await once(child.stdout, 'data'))[0]);
    said = '';
  };
  await asked('Name of the service');
  child.stdin.write('beta\n');
  await asked('What it is for');
  expect((await make(root, 'service', { name: 'alpha', storage: 'memory' })).code).toBe(0);
  child.stdin.write('Holds things.\n');
  await asked('First resource');
  child.stdin.write('things\n');
  for (const question of ['One of them', 'HTTPS port', 'Plain-HTTP gate port', 'Management port']) {
    await asked(question);
    child.stdin.write('\n'); // the default: 8444, which is alpha's by now
  }
  child.stdout.on('data', (chunk) => (said += String(chunk)));
  expect(await ended).toEqual([0, null]);
  expect(said).not.toMatch(/Name of|HTTPS port/);
  const descriptor = readFileSync(join(root, 'apps/beta/service.config.ts'), 'utf8');
  expect(descriptor).toContain("description: 'Holds things.'");
  expect(descriptor).toContain('{ https: 8445, http: 8082, management: 9445 }');
  expect(existsSync(join(root, 'apps/beta/src/things'))).toBe(true);
});

function run(what: string, typed: string): { code: number | null; out: string; error: string } {
  const options = { encoding: 'utf8', input: typed, env: { ...process.env, NODE_OPTIONS: '' } } as const;
  const { status: code, stdout, stderr } = spawnSync(process.execPath, argvOf(what), options);
  return { code, out: stdout, error: stderr };
}

function argvOf(what: string): string[] {
  const hook = `--import=${join(checkout, 'tools/cli/swc-hook.mjs')}`;
  const program = fileURLToPath(new URL('./fixtures/asking.program.ts', import.meta.url));
  return ['--conditions=@gatehouse/source', hook, program, root, what];
}
