// `gatehouse token`: a real access token of the development identity provider, for a line that is pasted. Nothing but the token goes to
// standard output.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { InvalidArgumentError, type Command } from 'commander';
import { workspaceRoot } from '../workspace.ts';

interface Flags {
  scope: string[];
  as: string;
  audience: string;
}

/** What apps/identity offers to this command. */
interface TokenSource {
  requestToken(
    place: { stateFolder: string; env: NodeJS.ProcessEnv },
    wanted: { scope: string; as: string; audience: string },
  ): Promise<string>;
}

/** Adds the command. */
export function registerToken(program: Command): void {
  program
    .command('token')
    .description('Print an access token of the development identity provider that npm start runs')
    .requiredOption('--scope <scopes>', 'such as accounts:read; several with commas', readScopes)
    .option('--as <caller>', 'ada, grace, sven (of another tenant) or auditor', 'ada')
    .option('--audience <service>', 'the service that it is for', 'api')
    .action(async ({ scope, as, audience }: Flags) => {
      const file = join(workspaceRoot, 'apps/identity/src/token.request.ts');
      if (!existsSync(file)) program.error('There is no apps/identity in this workspace.');
      const { requestToken } = (await import(pathToFileURL(file).href)) as TokenSource;
      const stateFolder = process.env.GATEHOUSE_STATE ?? join(workspaceRoot, '.gatehouse');
      try {
        const wanted = { scope: scope.join(' '), as, audience };
        process.stdout.write(`${await requestToken({ stateFolder, env: process.env }, wanted)}\n`);
      } catch (error) {
        process.stderr.write(`gatehouse token: ${(error as Error).message}\n`);
        process.exitCode = 1;
      }
    });
}

function readScopes(text: string): string[] {
  const scopes = text.split(/[ ,]+/).filter(Boolean);
  if (scopes.length > 0) return scopes;
  throw new InvalidArgumentError('name at least one scope');
}
