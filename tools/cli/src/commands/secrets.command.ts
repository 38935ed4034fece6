// `gatehouse secrets`: looks into the laptop store and changes it. A value never stands on the command line (CWE-214): it is typed
// unseen, or comes from standard input.
import { join } from 'node:path';
import type { Command } from 'commander';
import { workspaceRoot } from '../workspace.ts';

interface ExportFlags {
  out?: string;
  stdout?: boolean;
}

/** Adds the commands. */
export function registerSecrets(program: Command): void {
  const secrets = program
    .command('secrets')
    .description('List, set, rotate and export the secrets of the laptop store');
  secrets
    .command('list')
    .description('Names, kinds, versions and ages; no values')
    .argument('[service]', 'of this service alone')
    .option('--json', 'print JSON')
    .action((service: string | undefined, { json }: { json?: boolean }) => explained(() => list(service, json)));
  secrets
    .command('set')
    .description('Set a value: typed unseen, or from standard input')
    .argument('<service>', 'such as api')
    .argument('<name>', 'as it is declared in service.config.ts')
    .action((service: string, name: string) => explained(() => set(service, name)));
  secrets
    .command('rotate')
    .description('Make a new random value; a running service takes it over')
    .argument('<service>', 'such as api')
    .argument('<name>', 'as it is declared in service.config.ts')
    .action((service: string, name: string) => explained(() => rotate(service, name)));
  secrets
    .command('export')
    .description('Write the values of a service as JSON, to carry them into a vault')
    .argument('<service>', 'such as api')
    .option('--out <file>', 'a file that does not exist yet (0600), outside the repository')
    .option('--stdout', 'print them: they may stay in the scrollback of the terminal')
    .action((service: string, flags: ExportFlags) => explained(() => exportValues(service, flags)));
}

async function explained(work: () => Promise<void>): Promise<void> {
  const { SecretsError } = await import('@gatehouse/secrets');
  await work().catch((error: unknown) => {
    const { code } = Object(error) as NodeJS.ErrnoException;
    if (!(error instanceof SecretsError) && typeof code !== 'string') throw error;
    process.stderr.write(`gatehouse secrets: ${(error as Error).message}\n`);
    process.exitCode = 1;
  });
}

async function open() {
  const { openLaptop } = await import('@gatehouse/secrets');
  const stateFolder = process.env.GATEHOUSE_STATE ?? join(workspaceRoot, '.gatehouse');
  return openLaptop({ stateFolder, production: process.env.NODE_ENV === 'production' });
}

async function list(service: string | undefined, json = false): Promise<void> {
  const rows = (await (await open()).list()).filter((row) => service === undefined || row.service === service);
  if (json) return void process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
  if (rows.length === 0) return void process.stdout.write('The laptop store holds none: the first start makes them.\n');
  for (const row of rows) {
    const name = `${row.service} ${row.name}`.padEnd(36);
    process.stdout.write(`${name} ${row.kind.padEnd(12)} version ${row.version}, ${row.changedAt}\n`);
  }
}

async function set(service: string, name: string): Promise<void> {
  const { readUnseen } = await import('./secrets.input.ts');
  const laptop = await open();
  const value = await readUnseen(`${service} ${name}: `);
  await laptop.set(service, name, value);
  process.stdout.write(`Set ${name} of ${service}.\n`);
}

async function rotate(service: string, name: string): Promise<void> {
  await (await open()).rotate(service, name);
  process.stdout.write(`Rotated ${name} of ${service}; a running service takes it over.\n`);
}

async function exportValues(service: string, { out, stdout = false }: ExportFlags): Promise<void> {
  const { exportLaptop, SecretsError } = await import('@gatehouse/secrets');
  if ((out === undefined) === !stdout) {
    throw new SecretsError('options-invalid', 'export needs to know where to', 'Give --out <file>, or --stdout.');
  }
  const laptop = await open();
  if (out !== undefined) {
    await exportLaptop(laptop, service, out, workspaceRoot);
    process.stdout.write(`Wrote ${out}: remove it when it was read.\n`);
  } else process.stdout.write(`${JSON.stringify(await laptop.values(service), undefined, 2)}\n`);
}
