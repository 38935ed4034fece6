// Starts fixtures/slow.program.ts and listens to what it says.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Answer } from '../../src/testing/index.ts';
import { caller } from '../../src/testing/https.caller.ts';

const HOOK = new URL('../../../../tools/cli/swc-hook.mjs', import.meta.url).href;
const PROGRAM = fileURLToPath(new URL('../fixtures/slow.program.ts', import.meta.url));

/** The process, a call of it, and the end. */
export interface SlowProcess {
  readonly child: ChildProcess;
  call(path: string): Promise<Answer | Error>;
  /** Waits until it has said something. */
  saying(pattern: RegExp): Promise<RegExpExecArray>;
  end(): Promise<void>;
}

/** @param stdout where its output goes: a file descriptor, or a pipe that nobody reads */
export async function slowProcess(stdout: number | 'pipe' | 'ignore' = 'ignore'): Promise<SlowProcess> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'gatehouse-slow-'));
  const child = spawn(process.execPath, ['--conditions=@gatehouse/source', '--import', HOOK, PROGRAM], {
    env: { ...process.env, GATEHOUSE_STATE: stateFolder },
    stdio: ['ignore', stdout, 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (chunk) => (said += String(chunk)));
  const saying = async (pattern: RegExp) => {
    for (;;) {
      const found = pattern.exec(said);
      if (found) return found;
      if (child.exitCode !== null) throw new Error(`it ended: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const [, caFile = '', origin = ''] = await saying(/^at (\S+) (\S+)\n/m);
  const call = caller(origin, readFileSync(caFile, 'utf8'));
  return {
    child,
    saying,
    call: (path) => call('GET', path).catch((error: Error) => error),
    async end() {
      child.kill('SIGKILL');
      await rm(stateFolder, { recursive: true, force: true });
    },
  };
}
