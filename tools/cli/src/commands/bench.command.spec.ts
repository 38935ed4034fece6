import { jest } from '@jest/globals';
import { Command } from 'commander';
import { registerBench } from './bench.command.ts';

async function run(...args: string[]): Promise<{ code: unknown; said: string }> {
  const program = new Command('gatehouse').exitOverride().configureOutput({ writeErr: () => undefined });
  registerBench(program);
  for (const command of program.commands) command.exitOverride().configureOutput({ writeErr: () => undefined });
  let said = '';
  const spy = jest.spyOn(process.stderr, 'write').mockImplementation((text) => Boolean((said += String(text))));
  try {
    await program.parseAsync(['bench', ...args], { from: 'user' });
    return { code: process.exitCode, said };
  } catch (error) {
    return { code: 'usage', said: (error as Error).message };
  } finally {
    spy.mockRestore();
    process.exitCode = undefined;
  }
}

it('refuses a folder that is none before it measures anything', async () => {
  const { code, said } = await run('--quick', '--out', import.meta.filename);
  expect(said).toMatch(/^gatehouse bench: no result: EEXIST/);
  expect(code).toBe(1);
});

it.each([
  ['--quick', '--steps'],
  ['--quick', '--handshakes'],
  ['--steps', '--handshakes'],
])('refuses %s beside %s: one would be ignored', async (...flags) => {
  expect(await run(...flags)).toMatchObject({ code: 'usage', said: expect.stringContaining('cannot be used with') });
});
