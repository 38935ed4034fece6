// An error that is meant for the caller: a catalogue code, a public detail, and the private cause kept apart.
import { HttpException } from '@nestjs/common';
import { problemType, type ProblemCode } from './problem.catalogue.ts';

/** One refused field: where it is (RFC 6901 pointer, or the parameter's name) and what is wrong, without the value. */
export interface ProblemField {
  readonly pointer?: string;
  readonly parameter?: string;
  readonly detail: string;
}

/** What a {@link ProblemError} may carry besides its code. */
export interface ProblemErrorOptions {
  /** Public: what is wrong with this request. Never a value that the caller did not send, never a secret. */
  detail?: string;
  errors?: readonly ProblemField[];
  /** Response headers, such as Retry-After in seconds. */
  headers?: Readonly<Record<string, string>>;
  /** Private: goes to the log only. */
  cause?: unknown;
}

/**
 * The one error type that handlers throw. An HttpException, so that it also answers rightly under Nest's own filter.
 * @example throw new ProblemError('not-found', { detail: 'No such account.' });
 */
export class ProblemError extends HttpException {
  override readonly name = 'ProblemError';
  readonly code: string;
  readonly detail?: string;
  readonly errors?: readonly ProblemField[];
  readonly headers?: Readonly<Record<string, string>>;

  constructor(code: ProblemCode | (string & {}), options: ProblemErrorOptions = {}) {
    const { status, title } = problemType(code);
    super({ code, title, status, detail: options.detail, errors: options.errors }, status, { cause: options.cause });
    this.message = options.detail ?? title;
    this.code = code;
    this.detail = options.detail;
    this.errors = options.errors;
    this.headers = options.headers;
  }
}
