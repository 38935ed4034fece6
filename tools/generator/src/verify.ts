// A new thing is shown to be right, not said to be: the same typecheck, lint and tests that CI runs, on it alone.
import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** The result of one step. */
export interface StepResult {
  readonly step: string;
  readonly ok: boolean;
  readonly milliseconds: number;
  readonly output: string;
}

const JEST_OPTIONS = '--experimental-vm-modules --disable-warning=ExperimentalWarning';

/** What is run, straight from node_modules: Nx would take two seconds before its first step. */
const STEPS: readonly { step: string; script: string; args: (folder: string) => string[]; inFolder: boolean }[] = [
  { step: 'typecheck', script: '@typescript/native/bin/tsc', args: (folder) => ['-b', folder], inFolder: false },
  { step: 'lint', script: 'eslint/bin/eslint.js', args: () => ['.'], inFolder: true },
  {
    step: 'test',
    script: 'jest/bin/jest.js',
    args: () => ['--config', '../../jest.preset.mjs', '--rootDir', '.', '--verbose'],
    inFolder: true,
  },
];

/**
 * Runs typecheck, lint and test of a project, side by side; never rejects.
 * @param onResult is told each result as it comes
 */
export async function verifyProject(
  root: string,
  folder: string,
  onResult: (result: StepResult) => void,
): Promise<StepResult[]> {
  return Promise.all(
    STEPS.map(async ({ step, script, args, inFolder }) => {
      const began = performance.now();
      const cwd = inFolder ? join(root, folder) : root;
      const { code, output } = await run(join(root, 'node_modules', script), args(folder), cwd);
      const result = { step, ok: code === 0, milliseconds: Math.round(performance.now() - began), output };
      onResult(result);
      return result;
    }),
  );
}

function run(script: string, args: string[], cwd: string): Promise<{ code: number | null; output: string }> {
  const env = { ...process.env, NODE_OPTIONS: JEST_OPTIONS, NX_DAEMON: 'false', FORCE_COLOR: '0' };
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => resolve({ code, output: Buffer.concat(chunks).toString('utf8') }));
  });
}
