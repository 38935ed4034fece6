// `npm start`: runs a service in this process, from source, with its state under .gatehouse/ of the workspace.
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { serviceNames, workspaceRoot } from '../workspace.ts';

/** Adds the command. */
export function registerStart(program: Command): void {
  program
    .command('start')
    .description('Run a service with everything it needs embedded (default: the reference API)')
    .argument('[service]', 'name of a folder under apps/', 'api')
    .action(async (service: string) => {
      const names = serviceNames();
      if (!names.includes(service)) program.error(`There is no service "${service}". There are: ${names.join(', ')}.`);
      process.env.GATEHOUSE_COMMAND ??= ownCommand(process.env.GATEHOUSE_STATE);
      process.env.GATEHOUSE_STATE ??= join(workspaceRoot, '.gatehouse');
      process.title = `gatehouse ${service}`;
      if (process.stdout.isTTY) process.stdout.write(`Starting ${service} …\n`);
      const { prepareStart } = await import('../start.identity.ts'); // no other command pays for it
      await prepareStart(service, process.env.GATEHOUSE_STATE);
      await import(pathToFileURL(join(workspaceRoot, 'apps', service, 'src/main.ts')).href);
    });
}

/** This program as a line that a shell runs from any folder, on the state that the service has. */
function ownCommand(state?: string): string {
  const program = `node ${quoted(join(workspaceRoot, 'tools/cli/bin/gatehouse.mjs'))}`;
  return state === undefined ? program : `GATEHOUSE_STATE=${quoted(resolve(state))} ${program}`;
}

const quoted = (path: string) => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
