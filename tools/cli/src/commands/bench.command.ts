// `gatehouse bench`: what the kit costs a request, against raw node:https; with --quick, the guard that CI runs.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';

interface BenchFlags {
  quick?: boolean;
  json?: boolean;
  out?: string;
}

/** Adds the command. */
export function registerBench(program: Command): void {
  program
    .command('bench')
    .description('Measure the server CPU of a request against raw node:https')
    .option('--quick', 'under a minute; exit with 1 when a budget is broken or the service cannot be measured')
    .option('--json', 'print the report as JSON')
    .option('--out <folder>', 'write bench.md and bench.json there too')
    .action(async (flags: BenchFlags) => {
      process.exitCode = await bench(flags);
    });
}

async function bench({ quick, json, out }: BenchFlags): Promise<number> {
  const { brokenBudgets, FULL, markdown, QUICK, runBench } = await import('@gatehouse/bench');
  const report = await runBench(quick ? QUICK : FULL);
  const data = `${JSON.stringify(report, undefined, 2)}\n`;
  if (out !== undefined) {
    await mkdir(out, { recursive: true });
    await writeFile(join(out, 'bench.md'), markdown(report));
    await writeFile(join(out, 'bench.json'), data);
  }
  process.stdout.write(json ? data : markdown(report));
  const broken = quick ? brokenBudgets(report) : [];
  for (const sentence of broken) process.stderr.write(`gatehouse bench: ${sentence}\n`);
  return broken.length > 0 ? 1 : 0;
}
