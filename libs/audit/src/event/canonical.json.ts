// One way to write a value, so that a hash over it means something (RFC 8785, JSON Canonicalization Scheme). Own lines rather than a
// package: what the proof rests on is short enough to be read, and the vectors of the RFC hold it.

/**
 * The canonical text of a JSON value; properties that are undefined are left out, as JSON.stringify does.
 *
 * @throws TypeError for what JSON cannot say: NaN, Infinity, a lone surrogate, a function, a bigint
 */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return canonicalString(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('canonical JSON has no NaN and no Infinity');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError(`canonical JSON has no ${typeof value}`);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1)) // by UTF-16 code units (§3.2.3)
    .map(([name, member]) => `${canonicalString(name)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}

/** Text from outside that may hold half a character is made whole, so that an event is never lost for it. */
export const wellFormed = (text: string): string => text.toWellFormed();

function canonicalString(text: string): string {
  if (!text.isWellFormed()) throw new TypeError('canonical JSON has no lone surrogate');
  return JSON.stringify(text);
}
