import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const HOOK = new URL('../../cli/swc-hook.mjs', import.meta.url).href;
const PROGRAM = `
  import { BenchSession } from ${JSON.stringify(new URL('./bench.session.ts', import.meta.url).href)};
  await BenchSession.run(() => undefined, async (session) => {
    session.onEnd(() => new Promise((resolve) => setTimeout(resolve, 300)));
    process.stdout.write(session.folder);
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  });
`;

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('a run that is ended by %s, said twice, leaves neither folder nor process', async (signal, expected) => {
  const argv = ['--conditions=@gatehouse/source', '--import', HOOK, '--input-type=module', '-e', PROGRAM];
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const run = spawn(process.execPath, argv, {
    cwd,
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [folder] = (await once(run.stdout, 'data')).map(String);
  expect(existsSync(folder ?? '')).toBe(true);
  run.kill(signal);
  setTimeout(() => run.kill(signal), 100);
  const [code] = (await once(run, 'exit')) as [number | null];
  expect(code).toBe(expected);
  expect(existsSync(folder ?? '')).toBe(false);
});
