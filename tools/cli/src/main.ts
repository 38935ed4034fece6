// The gatehouse command. Each command is a file of commands/ that registers itself; what it needs is imported when it runs, so that
// `npm start` does not load the generator.
import { Command } from 'commander';
import { registerBench } from './commands/bench.command.ts';
import { registerStart } from './commands/start.command.ts';
import { registerTest } from './commands/test.command.ts';

const program = new Command('gatehouse')
  .description('Runs, makes and proves services that are HTTPS-only from their first commit.')
  .showHelpAfterError('Add --help to see what there is.')
  .configureOutput({ getOutHelpWidth: () => Math.min(process.stdout.columns ?? 80, 80) });

for (const register of [registerBench, registerStart, registerTest]) register(program);

await program.parseAsync();
