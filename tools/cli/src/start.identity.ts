// The development identity provider beside a service that `npm start` runs: without one nobody could call it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkStateFolder, refuseStart } from '@gatehouse/service';
import { workspaceRoot } from './workspace.ts';

interface IdentityStarter {
  startIdentity(place: { stateFolder: string; env: NodeJS.ProcessEnv }): Promise<{ issuer: string }>;
}

/** What comes before the service itself; ends the process with one message where that cannot do. */
export async function prepareStart(service: string, stateFolder: string): Promise<void> {
  try {
    await checkStateFolder(stateFolder, process.env.NODE_ENV === 'production');
    await startIdentityBeside(stateFolder);
  } catch (error) {
    refuseStart(service, error);
  }
}

/** Starts it in this process, unless another issuer is configured, it runs already, or this is production. */
async function startIdentityBeside(stateFolder: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const file = join(workspaceRoot, 'apps/identity/src/start-identity.ts');
  if (env.NODE_ENV === 'production' || env.GATEHOUSE_ISSUER || !existsSync(file)) return;
  const { startIdentity } = (await import(pathToFileURL(file).href)) as IdentityStarter;
  try {
    await startIdentity({ stateFolder, env });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    process.stderr.write(`${(error as Error).message}\n`);
  }
}
