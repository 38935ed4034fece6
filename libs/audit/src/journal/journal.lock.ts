// One writer a folder: two would make two records of the same number. The lock of a process that was killed is taken over; that of
// another machine when it has not been touched for a while.
import { open, readFile, stat, unlink, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { AuditError } from '../audit.error.ts';

const TOUCH_MS = 2_000;
const STALE_MS = 15_000;

/** Folders that this process holds: its own number in a lock that it does not hold is one of a former life (a container's process 1). */
const held = new Set<string>();

/** @returns what gives the folder back
 * @throws AuditError `journal-busy` when a living process writes there */
export async function lockJournal(folder: string): Promise<() => Promise<void>> {
  const file = join(folder, 'lock');
  if (held.has(folder)) throw busy(folder, 'this process');
  held.add(folder);
  try {
    const until = Date.now() + STALE_MS + TOUCH_MS;
    while (!(await create(file))) {
      const holder = await livingHolder(file);
      if (holder === undefined) await unlink(file).catch(() => undefined);
      else if (holder.here || Date.now() > until) throw busy(folder, holder.name);
      else await new Promise((resolve) => setTimeout(resolve, 500));
    }
  } catch (error) {
    held.delete(folder);
    throw error;
  }
  const touch = setInterval(() => void utimes(file, new Date(), new Date()).catch(() => undefined), TOUCH_MS).unref();
  return async () => {
    clearInterval(touch);
    await unlink(file).catch(() => undefined);
    held.delete(folder);
  };
}

async function create(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(`${process.pid} ${hostname()}\n`).finally(() => handle.close());
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function livingHolder(file: string): Promise<{ name: string; here: boolean } | undefined> {
  const [text, status] = await Promise.all([readFile(file, 'utf8'), stat(file)]).catch(() => []);
  if (text === undefined || status === undefined) return undefined;
  const [pid, host] = text.trim().split(' ');
  const age = Date.now() - status.mtimeMs;
  if (pid === undefined || host === undefined) return age > TOUCH_MS ? undefined : { name: 'a process', here: false };
  if (host !== hostname()) return age > STALE_MS ? undefined : { name: `process ${pid} on ${host}`, here: false };
  return Number(pid) !== process.pid && lives(Number(pid)) ? { name: `process ${pid}`, here: true } : undefined;
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const busy = (folder: string, who: string): AuditError =>
  new AuditError(
    'journal-busy',
    `${who} writes ${folder}`,
    'End it, or give this one a folder of its own (audit.folder).',
  );
