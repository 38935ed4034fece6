// The gatehouse command. Each command is a file of commands/ that registers itself; what it needs is imported when it runs, so that
// `npm start` does not load the generator.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { registerAudit } from './commands/audit.command.ts';
import { registerBench } from './commands/bench.command.ts';
import { registerCertsStatus } from './commands/certs-status.command.ts';
import { registerConform } from './commands/conform.command.ts';
import { registerDestroy } from './commands/destroy.command.ts';
import { registerDoctor } from './commands/doctor.command.ts';
import { registerNew } from './commands/new.command.ts';
import { registerRevoke } from './commands/revoke.command.ts';
import { registerSecrets } from './commands/secrets.command.ts';
import { registerStart } from './commands/start.command.ts';
import { registerSync } from './commands/sync.command.ts';
import { registerTest } from './commands/test.command.ts';
import { registerToken } from './commands/token.command.ts';
import { registerTlsAudit } from './commands/tls-audit.command.ts';
import { registerTlsPins } from './commands/tls-pins.command.ts';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** The parser with every command. */
export const program = new Command('gatehouse')
  .description('Runs, makes and proves services that are HTTPS-only from their first commit.')
  .version(version)
  .showHelpAfterError('Add --help to see what there is.')
  .configureOutput({ getOutHelpWidth: () => Math.min(process.stdout.columns ?? 80, 80) })
  // what was typed is wrong: 2, as every command has it; 1 is a finding or a failed test
  .exitOverride(({ exitCode }) => process.exit(exitCode === 1 ? 2 : exitCode));

const commands = [
  ...[registerStart, registerTest, registerNew, registerSync, registerDestroy],
  ...[
    registerConform,
    registerTlsAudit,
    registerTlsPins,
    registerCertsStatus,
    registerSecrets,
    registerAudit,
    registerBench,
    registerDoctor,
    registerToken,
    registerRevoke,
  ],
];
for (const register of commands) register(program);
