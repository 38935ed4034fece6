// Reads what a store holds as the declared type. Says what is wrong without the value, and refuses what nobody would choose.
import { z } from 'zod';
import type { RawSecret } from './secret.store.ts';

/** The value is not what was declared; the message never holds it. */
export class SecretFormatError extends Error {
  override readonly name = 'SecretFormatError';
}

const PLACEHOLDERS =
  /^(change[-_ ]?me|todo|fix[-_ ]?me|replace[-_ ]?me|secret|password|passwort|example|test|dummy|placeholder|default|admin|none|null|undefined|x+|\*+|<.*>|\$\{.*\})$/i;

/** The text, or the field `value` of an entry. A final newline, which editors add to files, is not part of it. */
export function textOf(raw: RawSecret): string {
  const held = 'text' in raw ? raw.text : raw.fields.value;
  if (typeof held !== 'string' && !(held instanceof Uint8Array)) {
    throw new SecretFormatError('has no text in its field "value"');
  }
  const text = typeof held === 'string' ? held : decode(held);
  return text.replace(/\r?\n$/, '');
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new SecretFormatError('is not UTF-8');
  }
}

/** The fields of an entry, or a text read as JSON. */
export function fieldsOf(raw: RawSecret): unknown {
  if ('fields' in raw) return raw.fields;
  try {
    return JSON.parse(textOf(raw)) as unknown;
  } catch {
    throw new SecretFormatError('is not JSON');
  }
}

/** Exactly `size` bytes: raw, or as base64, base64url or hex. */
export function bytesOf(raw: RawSecret, size: number): Uint8Array {
  const held = 'text' in raw ? raw.text : undefined;
  if (held instanceof Uint8Array && held.length === size) return refuseConstant(held);
  const text = textOf(raw);
  const hex = text.length === size * 2 && /^[0-9a-f]+$/i.test(text);
  if (!hex && !/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) throw new SecretFormatError(`is neither base64 nor hex`);
  const bytes = Buffer.from(text, hex ? 'hex' : 'base64');
  if (bytes.length !== size) throw new SecretFormatError(`is ${bytes.length} bytes, and ${size} are declared`);
  return refuseConstant(bytes);
}

function refuseConstant(bytes: Uint8Array): Uint8Array {
  if (bytes.every((byte) => byte === bytes[0])) throw new SecretFormatError('is one byte repeated: make it random');
  return bytes;
}

/** A text that somebody left in place of a secret is none. */
export function refusePlaceholder(text: string): string {
  if (PLACEHOLDERS.test(text.trim())) throw new SecretFormatError('is a placeholder');
  return text;
}

/** Parses with a schema; only the paths and the kinds of what is wrong are told. */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const told = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.code}`);
  throw new SecretFormatError(`does not fit its schema (${told.join(', ')})`);
}
