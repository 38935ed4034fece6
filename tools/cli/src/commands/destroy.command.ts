// `gatehouse destroy`: takes away what `gatehouse new` made, and nothing that a person wrote unless forced.
import type { Command } from 'commander';
import { workspaceRoot } from '../workspace.ts';

interface DestroyFlags {
  service?: string;
  force?: boolean;
  yes?: boolean;
  dryRun?: boolean;
  json?: boolean;
}

/** Adds the command. */
export function registerDestroy(program: Command): void {
  program
    .command('destroy')
    .description('Take a generated service, resource or lib away; shows what goes and asks')
    .argument('<kind>', 'service, resource or lib')
    .argument('<name>', 'its name')
    .option('--service <service>', 'the service that has it (resource)')
    .option('--force', 'also lose files that were edited or added since')
    .option('-y, --yes', 'do not ask')
    .option('--dry-run', 'show a unified diff and write nothing')
    .option('--json', 'print one JSON object')
    .action(async (kind: string, name: string, flags: DestroyFlags) => {
      const { runDestroy, runReporting } = await import('@gatehouse/generator');
      const { service, force = false, yes = false, dryRun = false, json = false } = flags;
      const confirm = yes ? ('yes' as const) : process.stdin.isTTY && !json ? ('ask' as const) : ('refuse' as const);
      const output = { out: write(process.stdout), error: write(process.stderr) };
      const options = { root: workspaceRoot, kind, name, service, force, dryRun, json, confirm };
      process.exitCode = await runReporting(json, output, () => runDestroy(options, output));
    });
}

function write(stream: NodeJS.WriteStream): (text: string) => void {
  return (text) => void stream.write(text);
}
