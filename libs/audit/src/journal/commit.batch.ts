// What waits in the commit queue: lines that are to be written together, bytes that are to be synced, and what is under way.
import type { FileHandle } from 'node:fs/promises';
import { AuditError } from '../audit.error.ts';

/** How safe a record has to be before its caller goes on. */
export type Durability = 'queued' | 'written' | 'durable';

export type Committed = (error?: AuditError) => void;

/** Lines of one file that are to be written together. */
export interface Batch {
  /** The file that it belongs to. */
  readonly segment: number;
  readonly lines: string[];
  bytes: number;
  readonly written: Committed[];
  readonly durable: Committed[];
}

/** With the kernel, and not on the disk. */
export interface Unsynced {
  readonly bytes: Buffer;
  readonly lines: number;
  readonly position: number;
  readonly durable: Committed[];
}

/** A write or a sync that is under way, and who waits for it. */
export interface Operation {
  readonly waiters: readonly Committed[][];
  ticks: number;
  failed: boolean;
}

export function failAll(lists: readonly Committed[][], failure: AuditError): void {
  for (const list of lists) for (const done of list.splice(0)) done(failure);
}

export async function writeAll(handle: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let from = 0; from < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, from, bytes.length - from, position + from);
    from += bytesWritten;
  }
}

export function unwritable(folder: string, error: NodeJS.ErrnoException): AuditError {
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT')
    return new AuditError('journal-full', `no space for ${folder}`, 'Make room: writing goes on by itself.', error);
  const what = `${folder} cannot be written (${error.code ?? error.message})`;
  return new AuditError('journal-unwritable', what, 'Give this user the folder: writing goes on by itself.', error);
}

export const hung = (folder: string): AuditError =>
  new AuditError(
    'journal-hung',
    `a write to ${folder} does not end`,
    'Look after the disk: writing goes on by itself.',
  );
