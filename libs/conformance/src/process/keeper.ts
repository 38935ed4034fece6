// Whoever runs the suite may be interrupted: Ctrl-C, the time limit of a CI job, kill -9. What it started has process groups of its own, hears
// nothing of that and would run for ever. A process beside it waits for its end, however that comes, and clears away what it left.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What is to be cleared away, as it is told line by line. */
export interface Kept {
  /** Leaders of process groups. */
  readonly leaders: readonly number[];
  readonly folders: readonly string[];
}

const leaders = new Set<number>();
const folders = new Set<string>();
let keeper: ChildProcess | undefined;

/** From now on its group ends with this process. */
export function keepGroup(leader: number): void {
  leaders.add(leader);
  tell();
}

/** It has ended. */
export function forgetGroup(leader: number): void {
  leaders.delete(leader);
  tell();
}

/** A new folder for temporary files, which does not outlive this process. */
export function makeFolder(prefix: string): string {
  const folder = mkdtempSync(join(tmpdir(), prefix)); // at once: none is made that is not told
  folders.add(folder);
  tell();
  return folder;
}

/** Removes what {@link makeFolder} made. */
export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  folders.delete(folder);
  tell();
}

function tell(): void {
  keeper ??= start();
  const kept: Kept = { leaders: [...leaders], folders: [...folders] };
  keeper.stdin?.write(`${JSON.stringify(kept)}\n`);
  if (leaders.size + folders.size > 0) return;
  keeper.stdin?.end();
  keeper = undefined;
}

/** In a session of its own, which no Ctrl-C reaches. It reads what it is told until the pipe closes, which the kernel sees to. */
function start(): ChildProcess {
  const here = fileURLToPath(import.meta.url);
  const program = join(dirname(here), `keeper.program${extname(here)}`);
  const env = { PATH: process.env.PATH }; // nothing of what the host gives to its own Node.js
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'ignore', 'ignore'], detached: true, env });
  // without it the suite still works: what it starts is only not cleared away when it is killed
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  (child.stdin as unknown as { unref(): void }).unref();
  return child;
}
