// `gatehouse new` and `npm run new`: asks and generates. Every question is a flag, so that a script gives the same answers.
import type { Command } from 'commander';
import type { Asking, Given } from '@gatehouse/generator';
import { workspaceRoot } from '../workspace.ts';

interface NewFlags extends Record<string, string | boolean | undefined> {
  yes?: boolean;
  dryRun?: boolean;
  json?: boolean;
  verify: boolean;
}

/** Adds the command. */
export function registerNew(program: Command): void {
  program
    .command('new')
    .description('Make a service, a resource in a service, or a lib; asks for what is not given')
    .argument('[kind]', 'service, resource or lib')
    .argument('[name]', 'its name: a–z, 0–9 and hyphens')
    .option('--description <text>', 'what it is for, in one sentence (service, lib)')
    .option('--resource <name>', 'the first resource, in the plural (service)')
    .option('--service <service>', 'the service that gets it (resource)')
    .option('--singular <name>', 'what one of the resource is called (service, resource)')
    .option('--storage <kind>', 'postgres or memory, by default postgres (service)')
    .option('--https-port <number>', 'HTTPS port, by default the next free one (service)')
    .option('--http-port <number>', 'plain-HTTP gate port (service)')
    .option('--management-port <number>', 'management port (service)')
    .option('-y, --yes', 'take the default for what is not given; never ask')
    .option('--dry-run', 'show a unified diff and write nothing')
    .option('--json', 'print one JSON object')
    .option('--no-verify', 'do not run typecheck, lint, tests and conformance afterwards')
    .action(async (kind: string | undefined, name: string | undefined, flags: NewFlags) => {
      const { runNew, runReporting } = await import('@gatehouse/generator');
      const { yes, dryRun = false, json = false, verify, ...answers } = flags;
      const given = (name === undefined ? answers : { name, ...answers }) as Given;
      const asking: Asking = yes ? 'defaults' : process.stdin.isTTY && !json ? 'ask' : 'refuse';
      const output = { out: write(process.stdout), error: write(process.stderr) };
      const options = { root: workspaceRoot, kind, given, asking, dryRun, json, verify };
      process.exitCode = await runReporting(json, output, () => runNew(options, output));
    });
}

function write(stream: NodeJS.WriteStream): (text: string) => void {
  return (text) => void stream.write(text);
}
