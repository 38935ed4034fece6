// Finds the server that runs on a data folder, if one does: after kill -9 of the service it goes on alone. A process number in a
// file is not believed until the process itself proves to be that server: numbers are used again.
import { execFile } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** A server that is starting, running or stopping. */
export interface Postmaster {
  readonly pid: number;
  readonly ready: boolean;
}

/** postmaster.pid: line 1 is the process, line 8 its state (PostgreSQL, miscadmin.h: LOCK_FILE_LINE_…). */
const STATE_LINE = 7;

/** Undefined when none runs. A stale file whose number now belongs to another process is removed. */
export async function findPostmaster(data: string): Promise<Postmaster | undefined> {
  const file = join(data, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!Number.isSafeInteger(pid) || pid <= 1) return undefined;
  const command = await commandOf(pid);
  if (command.includes('postgres') && command.includes(data))
    return { pid, ready: lines[STATE_LINE]?.trim() === 'ready' };
  if (command !== '') await rm(file, { force: true });
  return undefined;
}

/** The command line of a process; empty when there is none, or when it has ended and only its parent has not noticed. */
export async function commandOf(pid: number): Promise<string> {
  try {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
  } catch {
    if (process.platform === 'linux') return '';
    const { stdout } = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(() => ({
      stdout: '',
    }));
    return stdout;
  }
}
