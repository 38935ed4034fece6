// What JSON allows and two readers understand differently (RFC 8259 §4, §8.2; RFC 7493): a name that is there twice, of which a proxy
// may have checked the other one, and half a surrogate pair, which is stored as something else than what was accepted.
import { ProblemError } from '@gatehouse/problem-details';

/** What the bytes of a JSON text tell before anything is built from them. */
export interface JsonScan {
  /** Brackets outside strings nest deeper than allowed. */
  readonly tooDeep: boolean;
  /** Members of all objects, each counted as often as it is written. */
  readonly members: number;
  /** Whether a string has an escape that may be half a surrogate pair. */
  readonly surrogates: boolean;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;

/** Reads once over the bytes. */
export function scanJson(json: Uint8Array, maxDepth: number): JsonScan {
  let depth = 0;
  let members = 0;
  let surrogates = false;
  let inString = false;
  for (let index = 0; index < json.length; index++) {
    const byte = json[index];
    if (inString) {
      if (byte === BACKSLASH) {
        index += 1;
        // \ud or \uD
        if (json[index] === 0x75 && ((json[index + 1] ?? 0) | 0x20) === 0x64) surrogates = true;
      } else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === COLON) members += 1;
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > maxDepth) return { tooDeep: true, members, surrogates };
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1;
  }
  return { tooDeep: false, members, surrogates };
}

/**
 * The value, if it is what was written.
 *
 * @throws ProblemError `duplicate-key` when it has fewer members, `invalid-utf8` for half a surrogate pair
 */
export function checked(value: unknown, { members, surrogates }: JsonScan): unknown {
  if (countMembers(value) !== members) throw new ProblemError('duplicate-key');
  if (surrogates && !isWellFormed(value))
    throw new ProblemError('invalid-utf8', { detail: 'A text holds half a surrogate pair.' });
  return value;
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  const parts = Object.values(value);
  let count = Array.isArray(value) ? 0 : parts.length;
  for (const part of parts) count += countMembers(part);
  return count;
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([key, part]) => key.isWellFormed() && isWellFormed(part));
}
