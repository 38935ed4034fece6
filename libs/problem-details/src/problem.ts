// Turns anything that was thrown into an RFC 9457 body. What is not known to be meant for the caller becomes a 500
// without a word of why (ASVS 5.0 V16.5.1).
import { HttpException } from '@nestjs/common';
import { problemType, type ProblemCode } from './problem.catalogue.ts';
import { ProblemError, type ProblemField } from './problem.error.ts';

/** The media type of every error answer (RFC 9457 §3). */
export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** The body of an error answer (RFC 9457 §3.1, with `code`, `requestId` and `errors` as extensions). */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail?: string;
  readonly code: string;
  readonly requestId?: string;
  readonly errors?: readonly ProblemField[];
}

/** Builds the body of one code. */
export function problemBody(
  code: ProblemCode | (string & {}),
  extra: { detail?: string; requestId?: string; errors?: readonly ProblemField[] } = {},
): ProblemBody {
  const { status, title } = problemType(code);
  return {
    type: `urn:gatehouse:problem:${code}`,
    title,
    status,
    ...(extra.detail !== undefined && { detail: extra.detail }),
    code,
    ...(extra.requestId !== undefined && { requestId: extra.requestId }),
    ...(extra.errors !== undefined && { errors: extra.errors }),
  };
}

/** Fastify's own errors (its `code`), and Node's HTTP parser's, by catalogue code. */
const BY_FRAMEWORK_CODE: Record<string, ProblemCode> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body-too-large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_EMPTY_TYPE: 'unsupported-media-type',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed-json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed-http',
  FST_ERR_BAD_URL: 'malformed-url',
  FST_ERR_MAX_PARAM_LENGTH: 'url-too-long',
  FST_ERR_NOT_FOUND: 'not-found',
  FST_ERR_HANDLER_TIMEOUT: 'handler-timeout',
  FST_ERR_ROUTE_METHOD_NOT_SUPPORTED: 'not-implemented',
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
};

/** The code for an HttpException of Nest's, by status. */
const BY_STATUS: Record<number, ProblemCode> = {
  400: 'bad-request',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  406: 'not-acceptable',
  408: 'request-timeout',
  409: 'conflict',
  412: 'precondition-failed',
  413: 'body-too-large',
  414: 'url-too-long',
  415: 'unsupported-media-type',
  417: 'expectation-failed',
  421: 'misdirected-request',
  422: 'validation-failed',
  428: 'precondition-required',
  429: 'rate-limited',
  431: 'headers-too-large',
  501: 'not-implemented',
  503: 'dependency-unavailable',
};

/** Whatever was thrown, as the error that is answered. A ProblemError stays as it is; the original is its `cause`. */
export function toProblemError(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  const { code, statusCode } = Object(error) as { code?: unknown; statusCode?: unknown };
  const framework = typeof code === 'string' ? BY_FRAMEWORK_CODE[code] : undefined;
  if (framework) return new ProblemError(framework, { cause: error });
  if (error instanceof HttpException) {
    const status = error.getStatus();
    const known = BY_STATUS[status] ?? (status < 500 ? 'bad-request' : 'internal');
    return new ProblemError(known, { detail: status < 500 ? error.message : undefined, cause: error });
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new ProblemError(BY_STATUS[statusCode] ?? 'bad-request', { cause: error });
  }
  return new ProblemError('internal', { cause: error });
}
