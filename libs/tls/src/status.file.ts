// What a service serves, left in the state folder for `gatehouse certs status`: no port has to be known and nothing has to be called.
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { privateFolder, writePrivate } from './private.files.ts';
import type { TlsSnapshot } from './tls.snapshot.ts';

/** The state of one service, and which process said so. */
export interface ServiceStatus extends TlsSnapshot {
  readonly service: string;
  readonly pid: number;
  /** Apart for each start. */
  readonly start: string;
}

const start = randomUUID();

/** Writes the status of a service (0600). */
export async function writeStatus(stateFolder: string, service: string, snapshot: TlsSnapshot): Promise<void> {
  const folder = join(stateFolder, service, 'tls');
  await privateFolder(folder);
  const status: ServiceStatus = { service, pid: process.pid, start, ...snapshot };
  await writePrivate(join(folder, 'status.json'), `${JSON.stringify(status, undefined, 2)}\n`);
}

/** The status of every service of a state folder; what cannot be read is left out. */
export async function readStatuses(stateFolder: string): Promise<ServiceStatus[]> {
  const names = await readdir(stateFolder).catch(() => []);
  const statuses = names.toSorted().map(async (name) => {
    try {
      return [JSON.parse(await readFile(join(stateFolder, name, 'tls/status.json'), 'utf8')) as ServiceStatus];
    } catch {
      return [];
    }
  });
  return (await Promise.all(statuses)).flat();
}
