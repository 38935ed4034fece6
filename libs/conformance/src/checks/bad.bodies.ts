// Bodies with exactly one thing wrong, made from a valid sample of the operation's own schema.

/** One way to spoil a body. */
export interface BadBody {
  /** For people: `with malformed JSON`. */
  readonly what: string;
  readonly contentType?: string;
  readonly make: (valid: unknown) => string | Buffer;
  /** A refusal that names this was about this; else a control request must show that the sample itself is valid. */
  readonly names?: string;
}

const UNKNOWN = 'conformanceUnknownField';
const NESTING = 5_000;
/** More than any JSON API takes by default, bytes. */
const OVERSIZE_BYTES = 12 * 1024 * 1024;

const text = (valid: unknown): string => JSON.stringify(valid);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The sample with one more member written in front, as text: `__proto__` would not survive as a value. */
function withMember(valid: unknown, member: string): string {
  const rest = isObject(valid) ? text(valid).slice(1) : '}';
  return rest === '}' ? `{${member}}` : `{${member},${rest}`;
}

function wrongType(valid: unknown): string {
  if (!isObject(valid) || Object.keys(valid).length === 0) return '"conformance"';
  const [first] = Object.keys(valid);
  const wrong = isObject(valid[first]) ? 'conformance' : { conformance: true };
  return text({ ...valid, [first]: wrong });
}

function invalidUtf8(valid: unknown): Buffer {
  const marker = 'conformance-utf8';
  const members = isObject(valid) ? Object.entries(valid) : [];
  const [name] = members.find(([, value]) => typeof value === 'string') ?? [UNKNOWN];
  const [before, after] = text({ ...(isObject(valid) ? valid : {}), [name]: marker }).split(marker);
  return Buffer.concat([Buffer.from(before), Buffer.from([0x61, 0xc3, 0x28]), Buffer.from(after)]);
}

function deepNesting(valid: unknown): string {
  const [first] = isObject(valid) ? Object.keys(valid) : [];
  const deep = '['.repeat(NESTING) + ']'.repeat(NESTING);
  return withMember(
    isObject(valid) ? { ...valid, [first ?? UNKNOWN]: undefined } : {},
    `${JSON.stringify(first ?? UNKNOWN)}:${deep}`,
  );
}

export const BAD_BODIES = {
  malformed: { what: 'with malformed JSON', make: (valid) => `${text(valid).slice(0, -1)},` },
  wrongType: { what: 'with a field of the wrong type', make: wrongType },
  unknownField: { what: 'with an unknown field', make: (valid) => withMember(valid, `"${UNKNOWN}":1`), names: UNKNOWN },
  proto: {
    what: 'with a __proto__ key',
    make: (valid) => withMember(valid, '"__proto__":{"polluted":true}'),
    names: '__proto__',
  },
  constructorKey: {
    what: 'with a constructor key',
    make: (valid) => withMember(valid, '"constructor":{"prototype":{"polluted":true}}'),
    names: 'constructor',
  },
  deepNesting: { what: `nested ${NESTING} deep`, make: deepNesting },
  invalidUtf8: { what: 'with invalid UTF-8', make: invalidUtf8 },
  mediaType: { what: 'as text/plain', contentType: 'text/plain', make: text },
  oversized: { what: `of ${OVERSIZE_BYTES / 1024 / 1024} MiB`, make: (valid) => text(valid).padEnd(OVERSIZE_BYTES) },
} as const satisfies Record<string, BadBody>;

export type BadBodyKind = keyof typeof BAD_BODIES;
