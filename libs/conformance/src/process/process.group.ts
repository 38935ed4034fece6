// A process and what it started: one group, where the system has that.

/** How long a process may take to end before it is killed, in milliseconds. */
export const GRACE_MS = 3_000;

/** Whether the leader or anything that it started runs; the dead that nobody has reaped count. */
export function isGroupAlive(leader: number): boolean {
  try {
    return process.kill(groupOf(leader), 0);
  } catch {
    return false;
  }
}

/** Nothing happens where it has ended. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  try {
    process.kill(groupOf(leader), signal);
  } catch {
    // it is gone
  }
}

const groupOf = (leader: number): number => (process.platform === 'win32' ? leader : -leader);
