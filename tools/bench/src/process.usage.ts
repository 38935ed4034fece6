// What the system counts of a process that is not asked: Linux only.
import { readFile } from 'node:fs/promises';
import type { Usage } from './child.protocol.ts';

/** Linux counts in hundredths of a second for every program, whatever the kernel's own clock. */
const MICROS_A_TICK = 10_000;

/** @throws Error where there is no /proc */
export async function processUsage(pid: number): Promise<Usage> {
  const [stat, status] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8'),
    readFile(`/proc/${pid}/status`, 'utf8'),
  ]);
  return { cpuMicros: cpuTicks(stat) * MICROS_A_TICK, rssBytes: residentBytes(status) };
}

/** utime + stime (proc_pid_stat(5)); the name of a program may hold spaces and brackets. */
export function cpuTicks(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

export function residentBytes(status: string): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1_024;
}
