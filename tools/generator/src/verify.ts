// A new thing is shown to be right, not said to be: the same typecheck, lint and tests that CI runs, on it alone. With the command lines of
// Nx, and without its graph, which costs a new service as much as the linter (docs/decisions/012).
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The result of one step. */
export interface StepResult {
  readonly step: string;
  readonly ok: boolean;
  /** How many tests passed, where the step has tests. */
  readonly passed?: number;
  /** What it said, when it failed. */
  readonly output?: string;
}

/** In the order in which they are shown. */
const TARGETS = ['typecheck', 'lint', 'test'] as const;
type Target = (typeof TARGETS)[number];

/** Runs typecheck, lint and test of a project in a folder such as `apps/orders`; never rejects for what they find. */
export async function verifyProject(root: string, folder: string): Promise<StepResult[]> {
  const commands = await commandsOf(root, folder);
  const verify = (target: Target): Promise<Ended> => run(commands[target], root, folder);
  // the tests take longest: they begin first, and the others take turns beside them
  const test = verify('test');
  const ended = { lint: await verify('lint'), typecheck: await verify('typecheck'), test: await test };
  const steps = TARGETS.map((step): StepResult => {
    const { ok, output } = ended[step];
    const passed = /^Tests:.*?(\d+) passed/m.exec(output)?.[1];
    return { step, ok, ...(passed ? { passed: Number(passed) } : {}), ...(ok ? {} : { output }) };
  });
  return [...steps, ...conformance(ended.test.output)];
}

// the suite is one of the test files: it is shown on its own because it is what the service is about
function conformance(output: string): StepResult[] {
  const [, word] = /^(PASS|FAIL) test\/conformance\.e2e-spec\.ts/m.exec(output) ?? [];
  return word ? [{ step: 'conformance', ok: word === 'PASS' }] : [];
}

/** The command line of each target, to be run in the folder: from what Nx has them from. */
export async function commandsOf(root: string, folder: string): Promise<Record<Target, string>> {
  const plugin = (await import(pathToFileURL(join(root, 'tools/nx-plugin/src/index.ts')).href)) as ProjectPlugin;
  const [[, { projects }]] = plugin.createNodesV2[1]([`${folder}/package.json`], undefined, { workspaceRoot: root });
  const { lint, test } = projects[folder]?.targets ?? {};
  if (!lint || !test)
    throw new Error(`tools/nx-plugin gives ${folder} no lint or no test: does it have a tsconfig.spec.json?`);
  return { typecheck: typecheckOf(root), lint: lint.command, test: test.command };
}

/** As @nx/js/typescript puts it together. */
function typecheckOf(root: string): string {
  const { plugins, targetDefaults } = JSON.parse(readFileSync(join(root, 'nx.json'), 'utf8')) as NxSettings;
  const compiler = plugins.find(({ plugin }) => plugin === '@nx/js/typescript')?.options?.compiler ?? 'tsc';
  const args = targetDefaults?.typecheck?.options?.args ?? [];
  return [compiler, '--build tsconfig.json --emitDeclarationOnly', ...args].join(' ');
}

interface ProjectPlugin {
  readonly createNodesV2: [
    glob: string,
    make: (files: string[], options: undefined, context: { workspaceRoot: string }) => [[string, ProjectNodes]],
  ];
}

interface ProjectNodes {
  readonly projects: Readonly<Record<string, { targets: Readonly<Partial<Record<string, { command: string }>>> }>>;
}

interface NxSettings {
  readonly plugins: readonly { readonly plugin: string; readonly options?: { readonly compiler?: string } }[];
  readonly targetDefaults?: { readonly typecheck?: { readonly options?: { readonly args?: readonly string[] } } };
}

interface Ended {
  readonly ok: boolean;
  /** Both streams. */
  readonly output: string;
}

function run(command: string, root: string, folder: string): Promise<Ended> {
  const path = `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH}`;
  const quiet = { NODE_OPTIONS: '', FORCE_COLOR: '0', PATH: path };
  const own = { GATEHOUSE_TEST_WORKERS: '1', GATEHOUSE_TEST_FIRST: '1' };
  // what Node makes of a module is kept for the next process: the second proof of a checkout compiles next to nothing
  const kept = { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/v8') };
  const env = { ...process.env, ...quiet, ...own, ...kept };
  return new Promise((resolve) => {
    const child = spawn(command, { cwd: join(root, folder), env, shell: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk));
    child.on('error', (error) => resolve({ ok: false, output: error.message }));
    child.on('close', (code) => resolve({ ok: code === 0, output: Buffer.concat(chunks).toString('utf8') }));
  });
}
