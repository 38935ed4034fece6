// `gatehouse sync`: writes again what is derived from the descriptors; `--check` is for CI.
import type { Command } from 'commander';
import { workspaceRoot } from '../workspace.ts';

/** Adds the command. */
export function registerSync(program: Command): void {
  program
    .command('sync')
    .description(
      'Derive docker/generated, docs/services.md and the project references from all descriptors, and the lock file without what is gone',
    )
    .option('--check', 'write nothing; show the difference and fail when there is one')
    .option('--json', 'print one JSON object')
    .action(async ({ check = false, json = false }: { check?: boolean; json?: boolean }) => {
      const { runReporting, runSync } = await import('@gatehouse/generator');
      const output = {
        out: (text: string) => void process.stdout.write(text),
        error: (text: string) => void process.stderr.write(text),
      };
      process.exitCode = await runReporting(json, output, () => runSync({ root: workspaceRoot, check, json }, output));
    });
}
