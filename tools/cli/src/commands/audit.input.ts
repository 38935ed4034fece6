// What `gatehouse audit` is given, and what it says when that is nothing: the input by name, and what to give instead. A journal holds what
// callers sent: what it prints cannot move the cursor of a terminal or turn its text around (CWE-150).
import { readdir, readFile } from 'node:fs/promises';
import { InvalidArgumentError } from 'commander';

/** ISO 8601 in UTC, as milliseconds since 1970; a time without its zone would mean another one on each machine. */
export function readTime(text: string): number {
  const time = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z)?$/.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(time)) return time;
  throw new InvalidArgumentError('Give a time in UTC, such as 2026-11-24T00:00:00Z.');
}

export function readCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('Give a whole number.');
}

/** An input that cannot be used, with its remedy. */
export class AuditInputError extends Error {}

/** @throws AuditInputError when the folder has no file of a journal */
export async function expectJournal(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.some((name) => /^\d{8}\.journal(\.gz)?$/.test(name))) return;
  throw new AuditInputError(`${folder} has no journal: give a folder with files such as 00000001.journal.`);
}

/** Lines of the files. */
export async function keysOf(files: readonly string[]): Promise<string[]> {
  const given = await Promise.all(files.map((file) => readFile(file, 'utf8')));
  for (const [index, text] of given.entries())
    if (
      !text
        .trim()
        .split('\n')
        .every((line) => /^[^\s+]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+$/.test(line))
    )
      throw new AuditInputError(`${files[index]} is no key: give a file as checkpoint.pub is.`);
  return given.flatMap((text) => text.trim().split('\n'));
}

/** @throws AuditInputError for what `prove` did not print */
export async function readProof<T>(file: string): Promise<T> {
  const text = await readFile(file, 'utf8');
  try {
    const proof = JSON.parse(text) as Record<string, unknown>;
    const texts = [proof.event, proof.previous, proof.checkpoint, ...(proof.proof as unknown[])];
    if (texts.every((part) => typeof part === 'string') && Number.isSafeInteger(proof.index)) return proof as T;
  } catch {
    // told below
  }
  throw new AuditInputError(`${file} is no proof: give what "gatehouse audit prove" has printed.`);
}

const REMEDIES: Readonly<Record<string, (path: string) => string>> = {
  ENOENT: (path) => `there is no ${path}: a journal is in a folder such as .gatehouse/api/audit.`,
  ENOTDIR: (path) => `${path} is no folder: give the one that the journal is in.`,
  EISDIR: (path) => `${path} is a folder: give a file.`,
  EACCES: (path) => `${path} cannot be read: be the user of the service, or look at a copy.`,
  EPERM: (path) => `${path} cannot be read: be the user of the service, or look at a copy.`,
};

/** One sentence; undefined for an error of ours. */
export function explanation(error: unknown): string | undefined {
  if (error instanceof AuditInputError) return error.message;
  if (error instanceof SyntaxError)
    return 'a record is no JSON: see what was done to it with "gatehouse audit verify".';
  const { code, path, message } = Object(error) as NodeJS.ErrnoException;
  if (code?.startsWith('Z_'))
    return `${path} is damaged (${message}): see what it means with "gatehouse audit verify".`;
  if (typeof code !== 'string') return undefined;
  const remedy = path === undefined ? undefined : REMEDIES[code];
  return remedy?.(String(path)) ?? message;
}

/** Control characters beyond ASCII, and what breaks a line or turns its direction: JSON may hold them as they are. */
const UNPRINTABLE = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** The same JSON, in which those stand as escapes. */
export const printable = (json: string): string =>
  json.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

const COLUMNS = 80;

/** A text in lines of at most 80 characters; those after the first begin with the indent. */
export function wrapped(text: string, indent: string): string {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= COLUMNS) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(last === undefined ? word : `${indent}${word}`);
  }
  return lines.join('\n');
}
