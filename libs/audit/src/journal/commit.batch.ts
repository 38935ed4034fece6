// What waits in the commit queue: lines that are to be written together, bytes that are to be synced, and what is under way.
import { fdatasync, write } from 'node:fs';
import { AuditError } from '../audit.error.ts';
import type { Chunk } from './line.chunks.ts';

/** How safe a record has to be before its caller goes on. */
export type Durability = 'queued' | 'written' | 'durable';

export type Committed = (error?: AuditError) => void;

/** Lines of one file that are written together. */
export interface Batch {
  /** The file that it belongs to. */
  readonly segment: number;
  /** Where the lines stand: from here up to and without there. */
  readonly chunk: Chunk;
  readonly from: number;
  to: number;
  lines: number;
  readonly written: Committed[];
  readonly durable: Committed[];
}

/** With the kernel, and not on the disk. */
export interface Unsynced {
  readonly batch: Batch;
  readonly position: number;
}

/** A write or a sync that is under way, and who waits for it. */
export interface Operation {
  readonly waiters: readonly Committed[][];
  ticks: number;
  failed: boolean;
}

/** Who was told is forgotten: a list may be held by what is long done. */
export function tellAll(list: Committed[], failure?: AuditError): void {
  for (const done of list.splice(0)) done(failure);
}

export function failAll(lists: readonly Committed[][], failure: AuditError): void {
  for (const list of lists) tellAll(list, failure);
}

/** By callback and number: a FileHandle's promises cost a write a tenth more. */
export async function writeAll(fd: number, { chunk, from, to }: Batch, position: number): Promise<void> {
  for (let at = from; at < to;) at += await writeSome(fd, chunk.bytes, at, to - at, position + at - from);
}

const writeSome = (fd: number, bytes: Buffer, from: number, length: number, position: number): Promise<number> =>
  new Promise((resolve, reject) =>
    write(fd, bytes, from, length, position, (error, written) => (error ? reject(error) : resolve(written))),
  );

export const syncData = (fd: number): Promise<void> =>
  new Promise((resolve, reject) => fdatasync(fd, (error) => (error ? reject(error) : resolve())));

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
