// What the caller of a service is told when one of the hosts behind it fails: 503 and nothing of the host (CWE-209).
import { ProblemError } from '@gatehouse/problem-details';
import {
  BadResponseError,
  CertificateRefusedError,
  ConnectionFailedError,
  OverloadedError,
  PinMismatchError,
  ResponseTooLargeError,
  TimedOutError,
} from './http-client.error.ts';

const NOT_THE_CALLERS_DOING = [
  BadResponseError,
  CertificateRefusedError,
  ConnectionFailedError,
  OverloadedError,
  PinMismatchError,
  ResponseTooLargeError,
  TimedOutError,
];

/**
 * `dependency-unavailable` (503, Retry-After) for an error of a host; every other error as it is.
 *
 * @example await client.get(url).catch((error) => { throw problemOf(error); });
 */
export function problemOf(error: unknown): unknown {
  if (!NOT_THE_CALLERS_DOING.some((type) => error instanceof type)) return error;
  return new ProblemError('dependency-unavailable', { headers: { 'retry-after': '1' }, cause: error });
}
