// Names become folders, packages, routes, tables, host names and variables, so they are confined to what is safe in all
// of them: no path, no shell, no HTML, no second spelling of an existing name.
import { quote, RefusalError } from './refusal.error.ts';
import { reservedReason } from './reserved.names.ts';

/** Characters: a PostgreSQL role and a DNS label take 63; the embedded database's socket path takes 107 in all. */
export const MAX_NAME_LENGTH = 32;
const MIN_NAME_LENGTH = 2;

const SHAPE = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;

// the Cyrillic and Greek letters that print like Latin ones (from Unicode TR 39, confusables)
const LATIN: Readonly<Record<string, string>> = Object.fromEntries(
  ['аa', 'еe', 'оo', 'рp', 'сc', 'уy', 'хx', 'іi', 'јj', 'ѕs', 'ԁd', 'һh', 'ո' + 'n', 'οo', 'αa', 'νv', 'ιi', 'ρp'].map(
    (pair) => [...pair] as [string, string],
  ),
);

/** Whether something may have this name: only then is it looked for on the disk. */
export function isName(text: string): boolean {
  return text.length <= MAX_NAME_LENGTH && SHAPE.test(text);
}

/**
 * Checks a name for a new thing.
 * @param existing names that are taken in the same space
 * @throws RefusalError naming the input and a name that would do
 */
export function checkName(kind: 'service' | 'resource' | 'lib', name: string, existing: readonly string[] = []): void {
  const what = `the ${kind} name ${quote(name)}`;
  const example = `Type a name such as ${JSON.stringify(suggestion(name, kind) ?? EXAMPLES[kind])}.`;
  if (name === '') throw new RefusalError(`the ${kind} name is empty`, `Type a name such as "${EXAMPLES[kind]}".`);
  if (/[/\\]|\.\.|^\.|^~|:/.test(name)) {
    throw new RefusalError(`${what} is a path`, `${example} The generator chooses the folder.`);
  }
  const foreign = [...name].map((char) => char.codePointAt(0) ?? 0).find((point) => point > 0x7e || point < 0x20);
  if (foreign !== undefined) {
    const point = `U+${foreign.toString(16).toUpperCase().padStart(4, '0')}`;
    throw new RefusalError(`${what} contains ${point}, which is not a plain a–z, 0–9 or hyphen`, example);
  }
  if (!SHAPE.test(name)) {
    throw new RefusalError(`${what} is not made of a–z, 0–9 and single hyphens, beginning with a letter`, example);
  }
  if (name.length < MIN_NAME_LENGTH || name.length > MAX_NAME_LENGTH) {
    throw new RefusalError(
      `${what} has ${name.length} characters, and ${MIN_NAME_LENGTH} to ${MAX_NAME_LENGTH} are allowed`,
      'It becomes part of a host name, a database role and a socket path: choose another length.',
    );
  }
  if (existing.includes(name)) throw new RefusalError(`${what} is taken`, 'Choose another, or destroy that one first.');
  const reason = reservedReason(name, kind);
  if (reason) throw new RefusalError(`${what} is ${reason}`, `Choose another, such as "${unreserved(name, kind)}".`);
  const twin = existing.find((other) => skeleton(other) === skeleton(name));
  if (twin)
    throw new RefusalError(`${what} looks like the existing ${quote(twin)}`, 'Choose one that cannot be confused.');
}

const EXAMPLES = { service: 'orders', resource: 'orders', lib: 'money' } as const;

/** A legal name near to what was typed, or undefined. */
function suggestion(name: string, kind: 'service' | 'resource' | 'lib'): string | undefined {
  const plain = [...name.normalize('NFKD')]
    .map((char) => LATIN[char.toLowerCase()] ?? char)
    .join('')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, MAX_NAME_LENGTH)
    .replace(/-+$/, '');
  if (!SHAPE.test(plain) || plain.length < MIN_NAME_LENGTH) return undefined;
  return reservedReason(plain, kind) ? unreserved(plain, kind) : plain;
}

function unreserved(name: string, kind: keyof typeof EXAMPLES): string {
  const longer = `${name}-${kind}`;
  return longer.length > MAX_NAME_LENGTH || reservedReason(longer, kind) ? EXAMPLES[kind] : longer;
}

// two names that a reader takes for one: order-s / orders, c0de / code, rn / m
function skeleton(name: string): string {
  return name.replaceAll('-', '').replaceAll('0', 'o').replaceAll('1', 'l').replaceAll('rn', 'm').replaceAll('vv', 'w');
}
