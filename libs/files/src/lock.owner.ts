// Who holds a lock, as its file says it: `process host namespace word began`. A process number alone is not enough: it is given again,
// after a restart of the machine too, and means something only within one host and one namespace of them (containers may share both
// name and number). What cannot be known counts as living.
import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { LockHolder } from './lock.error.ts';

const UNKNOWN = '-';

/** The locks of this process by their text: true while it holds them, false when it has given back one that stayed. */
export const ours = new Map<string, boolean>();

/** The text of a new lock; no other lock has the same. */
export function newOwner(): string {
  const owner = `${process.pid} ${hostname()} ${NAMESPACE} ${randomBytes(9).toString('base64url')} ${BEGAN}\n`;
  ours.set(owner, true);
  return owner;
}

/** Whether its process can be asked for here; of all others only signs of life tell. */
export function isNear(owner: string): boolean {
  const [, host, namespace = NAMESPACE] = parse(owner);
  return host === hostname() && namespace === NAMESPACE;
}

/** Whether the process of a near one lives, and is the one that wrote it. */
export function lives(owner: string): boolean {
  const own = ours.get(owner);
  if (own !== undefined) return own;
  const [pid, , , , began = UNKNOWN] = parse(owner);
  const known = began !== UNKNOWN && BEGAN !== UNKNOWN;
  if (Number(pid) === process.pid && !known) return false; // of a former life, such as a container's process 1
  if (!answers(Number(pid))) return false;
  const found = statusOf(String(pid));
  return found === undefined || (found.state !== 'Z' && (!known || found.began === began));
}

/** What it says to a person. */
export function holderOf(owner: string): LockHolder {
  const [pid = '?', host = '?'] = parse(owner);
  const name = ours.get(owner) ? 'this process' : `process ${pid}`;
  return { pid, host, name: isNear(owner) ? name : `${name} on ${host}` };
}

const parse = (owner: string) => owner.split(/\s+/).filter(Boolean);

function answers(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** proc_pid_stat(5): its fields 3 and 22, after the name, which may hold anything. */
function statusOf(pid: string): { state?: string; began?: string } | undefined {
  if (!OWN_PROC) return undefined;
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  const [state, began] =
    text
      ?.slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .filter((_, at) => at === 0 || at === 19) ?? [];
  return text === undefined ? undefined : { state, began };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

const NAMESPACE = attempt(() => readlinkSync('/proc/self/ns/pid')) ?? UNKNOWN;
/** Whether /proc shows the processes by the numbers that they have here; a container may have that of its host. */
const OWN_PROC = attempt(() => readlinkSync('/proc/self')) === String(process.pid);
/** When this process began, in ticks of its machine. */
const BEGAN = statusOf('self')?.began ?? UNKNOWN;
