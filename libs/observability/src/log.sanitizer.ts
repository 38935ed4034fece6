// What a log line may hold. Whoever logs a request, an error of a client library or a whole body must not write a credential down, and
// no value may break its line or colour a terminal (CWE-532, CWE-117; ASVS 5.0 V16.2.5, V16.4.1). Redacts by the name of a field at any
// depth, by what credentials look like in texts, and reduces errors to what people read of them.

const REDACTED = '[redacted]';

/** Deepest object, and most entries of one, that is written down. */
const MAX_DEPTH = 6;
const MAX_ENTRIES = 100;
/** Longest text, in characters; a stack is about half of it. */
const MAX_TEXT = 8_192;

const NAMES =
  /^(proxy-)?authorization$|^(set-)?cookie2?$|^x-api-key$|^dpop$|pass(word|wd|phrase)|^secret$|client[-_]?secret|(access|refresh|id|csrf|session|bearer|api)[-_]?token|^token$|api[-_]?key|private[-_]?key|^credentials?$|^assertion$/i;

const TEXTS: readonly [RegExp, string][] = [
  [/\b(bearer|basic|dpop)\s+[\w.~+/-]{6,}=*/gi, `$1 ${REDACTED}`],
  [/\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*/g, REDACTED],
  [
    /\b((?:[a-z]+[-_])?(?:token|password|passwd|secret|api[-_]?key|code|key|signature))(["']?\s*[=:]\s*["']?)[^\s"'&,;]+/gi,
    `$1$2${REDACTED}`,
  ],
  [/(:\/\/)[^/\s@]+@/g, `$1${REDACTED}@`],
];

/** Control characters, and what else breaks lines or turns the direction of a text; a line feed stays only in a stack. */
const CONTROL = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** A copy that may be written down. Never throws: a log line must not cost an answer. */
export function sanitized(fields: Record<string, unknown>): Record<string, unknown> {
  try {
    return ofObject(fields, 0, new Set());
  } catch {
    return { unprintable: true };
  }
}

/** A text that may be written down. */
export function sanitizedText(text: string): string {
  return redacted(text).replaceAll(CONTROL, '?');
}

function redacted(text: string): string {
  let result = text.slice(0, MAX_TEXT).toWellFormed();
  for (const [pattern, replacement] of TEXTS) result = result.replaceAll(pattern, replacement);
  return result;
}

function ofObject(value: object, depth: number, above: ReadonlySet<object>): Record<string, unknown> {
  const within = new Set(above).add(value);
  const entries = Object.entries(value).slice(0, MAX_ENTRIES);
  return Object.fromEntries(
    entries.map(([name, own]) => [
      sanitizedText(name),
      NAMES.test(name) && own !== undefined ? REDACTED : ofValue(own, depth + 1, within),
    ]),
  );
}

function ofValue(value: unknown, depth: number, above: ReadonlySet<object>): unknown {
  if (typeof value === 'string') return sanitizedText(value);
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? undefined : value;
  if (depth > MAX_DEPTH || above.has(value)) return '[left out]';
  if (value instanceof Error) return ofError(value, depth, above);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof URL) return sanitizedText(value.href);
  if (ArrayBuffer.isView(value)) return `[${value.byteLength} bytes]`;
  if (Array.isArray(value)) {
    const within = new Set(above).add(value);
    return value.slice(0, MAX_ENTRIES).map((item) => ofValue(item, depth + 1, within));
  }
  return ofObject(value, depth, above);
}

/** Its own fields are left out: libraries hang requests with their headers there. */
function ofError(error: Error, depth: number, above: ReadonlySet<object>): object {
  const { code } = error as { code?: unknown };
  const within = new Set(above).add(error);
  return {
    type: sanitizedText(error.name),
    message: sanitizedText(error.message),
    ...(typeof code === 'string' && { code: sanitizedText(code) }),
    stack: redacted(error.stack ?? '')
      .split('\n')
      .map((line) => line.replaceAll(CONTROL, '?'))
      .join('\n'),
    ...(error.cause !== undefined && { cause: ofValue(error.cause, depth + 1, within) }),
    ...(error instanceof AggregateError && { errors: ofValue(error.errors, depth + 1, within) }),
  };
}
