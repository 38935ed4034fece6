// A new thing is shown to be right, not said to be: the same typecheck, lint and tests that CI runs, on it alone. Through Nx,
// which knows their commands.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

/** The result of one step. */
export interface StepResult {
  readonly step: string;
  readonly ok: boolean;
  /** How many tests passed, where the step has tests. */
  readonly passed?: number;
  /** What it said, when it failed. */
  readonly output?: string;
}

/** In the order in which they are shown. One run of Nx for all of them: the graph that it makes costs as much as the linter. */
const TARGETS = ['typecheck', 'lint', 'test'] as const;

/** Runs typecheck, lint and test of a project such as `orders`; never rejects. */
export async function verifyProject(root: string, name: string): Promise<StepResult[]> {
  const project = `@gatehouse/${name}`;
  const nx = join(root, 'node_modules/nx/dist/bin/nx.js');
  // the generator writes the project references itself, and by them the compiler builds what it needs: the tests wait for neither. What was
  // found before is not believed: without the tasks of its dependencies, Nx does not see a change in their types
  const alone = ['--skipSync', '--excludeTaskDependencies', '--skipNxCache'];
  // the tests take longest: they begin first, and the others take turns beside them
  const targets = ['-t', ...TARGETS.toReversed(), '--parallel=2'];
  const args = [nx, 'run-many', '-p', project, ...targets, '--outputStyle=static', ...alone];
  const { code, output } = await run(args, root);
  const failed = code === 0 ? [] : failedTasks(output);
  const known = TARGETS.some((target) => failed.includes(`${project}:${target}`));
  const steps = TARGETS.map((target): StepResult => {
    const said = blockOf(output, `${project}:${target}`);
    const ok = code === 0 || (known && !failed.includes(`${project}:${target}`) && said !== '');
    const tests = /^Tests:.*?(\d+) passed/m.exec(said)?.[1];
    return { step: target, ok, ...(tests ? { passed: Number(tests) } : {}), ...(ok ? {} : { output: said || output }) };
  });
  return [...steps, ...conformance(output)];
}

// the suite is one of the test files: it is shown on its own because it is what the service is about
function conformance(output: string): StepResult[] {
  const [, word] = /^(PASS|FAIL) test\/conformance\.e2e-spec\.ts/m.exec(output) ?? [];
  return word ? [{ step: 'conformance', ok: word === 'PASS' }] : [];
}

/** What Nx printed for one task, after its heading. */
function blockOf(output: string, task: string): string {
  const blocks = output.split(/^> nx run (?=\S+:\S+)/m);
  return blocks.find((block) => block.startsWith(task))?.split(/^ NX /m)[0] ?? '';
}

/** The list below "Failed tasks:". */
function failedTasks(output: string): string[] {
  const [, list = ''] = /Failed tasks:\s*((?:\s*- \S+)+)/.exec(output) ?? [];
  return [...list.matchAll(/- (\S+)/g)].map(([, task = '']) => task);
}

function run(args: string[], cwd: string): Promise<{ code: number | null; output: string }> {
  const quiet = { NX_DAEMON: 'false', NX_TUI: 'false', NODE_OPTIONS: '', FORCE_COLOR: '0' };
  // plugins in this process: one of their own for each costs as much as the graph that they make
  const own = { NX_ISOLATE_PLUGINS: 'false', GATEHOUSE_TEST_WORKERS: '1', GATEHOUSE_TEST_FIRST: '1' };
  // what Node makes of a module is kept for the next process: the second proof of a checkout compiles next to nothing
  const kept = { NODE_COMPILE_CACHE: join(cwd, 'node_modules/.cache/v8') };
  const env = { ...process.env, ...quiet, ...own, ...kept };
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (error) => resolve({ code: 1, output: error.message }));
    child.on('close', (code) => {
      // colours come from the cache: what it replays ran elsewhere
      resolve({ code, output: stripVTControlCharacters(Buffer.concat(chunks).toString('utf8')) });
    });
  });
}
