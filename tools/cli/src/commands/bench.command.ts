// `gatehouse bench`: what the kit costs a request, against raw node:https; with --quick, the guard that CI runs.
import { access, constants, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { workspaceRoot } from '../workspace.ts';

interface BenchFlags {
  quick?: boolean;
  steps?: boolean;
  handshakes?: boolean;
  json?: boolean;
  out: string;
}

/** What one kind of run gives. */
interface Outcome {
  readonly name: string;
  readonly data: object;
  readonly text: string;
  readonly broken: readonly string[];
}

/** Adds the command. */
export function registerBench(program: Command): void {
  program
    .command('bench')
    .description('Measure the server CPU of a request against raw node:https')
    .option(
      '--quick',
      'without the reference API; exit with 1 when a budget is broken or the service cannot be measured',
    )
    .addOption(new Option('--steps', 'what each step of the request path adds, instead').conflicts('quick'))
    .addOption(
      new Option('--handshakes', 'what a new connection costs, full and resumed, instead').conflicts([
        'quick',
        'steps',
      ]),
    )
    .option('--json', 'print the report as JSON')
    .option('--out <folder>', 'where the report goes too', parseFolder, join(workspaceRoot, '.gatehouse/bench'))
    .action(async (flags: BenchFlags) => {
      process.exitCode = await bench(flags).catch(({ message }: Error) => {
        process.stderr.write(`gatehouse bench: no result: ${message}\n`);
        return 1;
      });
    });
}

function parseFolder(value: string): string {
  if (value === '') throw new InvalidArgumentError('Name a folder.');
  return value;
}

async function bench(flags: BenchFlags): Promise<number> {
  // before the run: it takes minutes
  await mkdir(flags.out, { recursive: true });
  await access(flags.out, constants.W_OK);
  const { name, data, text, broken } = await run(flags);
  const json = `${JSON.stringify(data, undefined, 2)}\n`;
  process.stdout.write(flags.json ? json : text);
  await writeFile(join(flags.out, `${name}.md`), text);
  await writeFile(join(flags.out, `${name}.json`), json);
  process.stderr.write(`\nWritten to ${join(flags.out, name)}.md and .json\n`);
  for (const sentence of broken) process.stderr.write(`gatehouse bench: ${sentence}\n`);
  return broken.length > 0 ? 1 : 0;
}

async function run({ quick, steps, handshakes }: BenchFlags): Promise<Outcome> {
  const kit = await import('@gatehouse/bench');
  const begin = performance.now();
  const progress = (line: string) =>
    void process.stderr.write(`${((performance.now() - begin) / 1_000).toFixed(0).padStart(4)} s  ${line}\n`);
  if (steps) {
    const data = await kit.runSteps(kit.STEPS, progress);
    return { name: 'steps', data, text: kit.stepsMarkdown(data), broken: [] };
  }
  if (handshakes) {
    const data = await kit.runHandshakes(kit.HANDSHAKES, progress);
    return { name: 'handshakes', data, text: kit.handshakesMarkdown(data), broken: [] };
  }
  const data = await kit.runBench(quick ? kit.QUICK : kit.FULL, progress);
  return { name: 'bench', data, text: kit.markdown(data), broken: quick ? kit.brokenBudgets(data) : [] };
}
