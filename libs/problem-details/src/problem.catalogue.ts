// The stable codes that a client may switch on (RFC 9457 "type"). docs/errors.md equals this list, tested both ways.
// An application adds its own with defineProblems(); a code is never renamed and never given another status.

/** How loudly an occurrence is logged. 4xx are the caller's doing: they stay quiet. */
export type ProblemLogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One row of the catalogue. */
export interface ProblemType {
  /** HTTP status, 400–599. */
  readonly status: number;
  /** Short, constant, safe to show to anybody. */
  readonly title: string;
  readonly logLevel: ProblemLogLevel;
  /** What the caller should do about it: goes into docs/errors.md. */
  readonly remedy: string;
}

const problem = (status: number, title: string, remedy: string, logLevel: ProblemLogLevel = 'info'): ProblemType => ({
  status,
  title,
  remedy,
  logLevel,
});

/** The codes that every service can answer, by code. */
export const problemCatalogue = {
  'bad-request': problem(400, 'Bad request', 'Correct the request; it is not understood as it stands.'),
  'malformed-http': problem(400, 'Malformed HTTP', 'Send valid HTTP/1.1 or HTTP/2.'),
  'malformed-url': problem(400, 'Malformed URL', 'Percent-encode the path as RFC 3986 says.'),
  'malformed-json': problem(400, 'Malformed JSON', 'Send one JSON value, encoded as RFC 8259 says.'),
  'invalid-utf8': problem(400, 'Invalid UTF-8', 'Encode the body as UTF-8.'),
  'body-too-deep': problem(400, 'Body nested too deeply', 'Nest objects and arrays less deeply.'),
  'forbidden-key': problem(400, 'Forbidden key', 'Remove keys such as `__proto__` from the body.'),
  'duplicate-key': problem(400, 'Duplicate key', 'Name each key of an object once.'),
  'unknown-parameter': problem(
    400,
    'Unknown query parameter',
    'Send only the query parameters that the route documents.',
  ),
  'duplicate-parameter': problem(400, 'Duplicate query parameter', 'Send each query parameter once.'),
  'invalid-cursor': problem(400, 'Invalid cursor', 'Use a cursor exactly as the last answer gave it, or leave it out.'),
  'invalid-parameter': problem(400, 'Invalid parameter', 'Correct the parameters named in "errors".'),
  unauthenticated: problem(401, 'Unauthenticated', 'Send a valid credential.'),
  forbidden: problem(403, 'Forbidden', 'Ask for a credential with the scope that the route documents.'),
  'plain-http-refused': problem(403, 'Plain HTTP refused', 'Use https://.'),
  'credential-exposed': problem(
    403,
    'Credential exposed',
    'The credential travelled in clear: revoke it, and use https:// with a new one.',
    'warn',
  ),
  'not-found': problem(404, 'Not found', 'Check the path and the id.'),
  'method-not-allowed': problem(405, 'Method not allowed', 'Use one of the methods in the Allow header.'),
  'not-acceptable': problem(406, 'Not acceptable', 'Accept application/json.'),
  'request-timeout': problem(408, 'Request timed out', 'Send the whole request faster.'),
  conflict: problem(409, 'Conflict', 'Read the resource again and retry.'),
  'precondition-failed': problem(412, 'Precondition failed', 'Read the resource again and use its new ETag.'),
  'body-too-large': problem(413, 'Body too large', 'Send a smaller body.'),
  'url-too-long': problem(414, 'URL too long', 'Send a shorter URL.'),
  'unsupported-media-type': problem(
    415,
    'Unsupported media type',
    'Send application/json, without a Content-Encoding.',
  ),
  'expectation-failed': problem(417, 'Expectation failed', 'Expect nothing but 100-continue.'),
  'misdirected-request': problem(421, 'Misdirected request', 'Use the host name that the service is configured with.'),
  'validation-failed': problem(422, 'Validation failed', 'Correct the fields named in "errors".'),
  'precondition-required': problem(428, 'Precondition required', 'Send the header that the route documents.'),
  'rate-limited': problem(429, 'Too many requests', 'Wait for the seconds in Retry-After.'),
  'headers-too-large': problem(431, 'Headers too large', 'Send fewer or smaller headers.'),
  internal: problem(500, 'Internal error', 'Report the requestId: the log has the cause.', 'error'),
  'not-implemented': problem(501, 'Not implemented', 'Use a documented method.'),
  'dependency-unavailable': problem(503, 'Service unavailable', 'Retry after the seconds in Retry-After.', 'error'),
  overloaded: problem(503, 'Overloaded', 'Retry after the seconds in Retry-After.', 'warn'),
  'shutting-down': problem(503, 'Shutting down', 'Retry on a new connection.'),
  'handler-timeout': problem(503, 'Took too long', 'Retry later.', 'error'),
} as const satisfies Record<string, ProblemType>;

/** A code of the catalogue that every service has. */
export type ProblemCode = keyof typeof problemCatalogue;

const types = new Map<string, ProblemType>(Object.entries(problemCatalogue));

/**
 * Adds an application's own codes to the catalogue.
 *
 * @throws Error when a code exists with another meaning, is not kebab-case, or its status is not 4xx or 5xx.
 * @example defineProblems({ 'insufficient-funds': { status: 422, title: 'Insufficient funds', remedy: '…', logLevel: 'info' } });
 */
export function defineProblems<const T extends Record<string, ProblemType>>(added: T): T {
  for (const [code, type] of Object.entries(added)) {
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(code)) throw new Error(`problem code "${code}": use kebab-case`);
    if (type.status < 400 || type.status > 599) throw new Error(`problem code "${code}": status must be 400–599`);
    const known = types.get(code);
    if (known && (known.status !== type.status || known.title !== type.title)) {
      throw new Error(`problem code "${code}" is taken: choose another name`);
    }
    types.set(code, type);
  }
  return added;
}

/** The row of a code; `internal` for an unknown one, so that an error can always be answered. */
export function problemType(code: string): ProblemType {
  return types.get(code) ?? problemCatalogue.internal;
}

/** Every known code with its row, in order of definition. */
export function problemTypes(): ReadonlyMap<string, ProblemType> {
  return types;
}
