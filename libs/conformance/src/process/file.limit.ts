// Takes the disk away from a running process, and gives it back: no file of it may grow. What a full disk or a quota does, without either.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** @param leader of a group of processes: whoever writes may be a child of what was started */
export function limitFileSize(leader: number | undefined, size: '0' | 'unlimited'): void {
  for (const pid of group(leader)) {
    try {
      execFileSync('prlimit', ['--pid', String(pid), `--fsize=${size}:unlimited`], { stdio: 'ignore' });
    } catch {
      // ended meanwhile
    }
  }
}

function group(leader: number | undefined): number[] {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map(Number).filter((pid) => groupOf(pid) === leader);
}

/** The third field behind the name of the program, which may hold anything. */
function groupOf(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
  } catch {
    return undefined;
  }
}
