// Which errors mean "the database is not there", as against "the statement is wrong": the first are 503 with Retry-After and
// never reach a caller in words; the second stay what they are.
import { types } from 'node:util';
import { ProblemError } from '@gatehouse/problem-details';

/** Seconds after which a caller may try again. */
const RETRY_AFTER_SECONDS = '2';

/** Codes of Node's sockets, DNS and TLS. */
const NODE_CODE = /^(E[A-Z]{3,}|ERR_(TLS|SSL|STREAM|SOCKET)_.+|CERT_.+|UNABLE_TO_.+)$/;

/** SQLSTATE: connection exceptions, insufficient resources, shutting down, read-only stand-by, refused password, cancelled by time. */
const SQL_STATE = /^(08...|53...|57P0[1-5]|57014|25006|28P01|28000|58030)$/;

/** What `pg` says without a code. */
const PG_MESSAGE =
  /^(Connection terminated|timeout exceeded when trying to connect|Client (was closed|has encountered)|Query read timeout|Cannot use a pool after)/;

/** The database is gone, hung, full or refusing: the statement may be right. */
export function isUnavailable(error: unknown): error is Error {
  if (!types.isNativeError(error)) return false;
  const { code } = error as { code?: unknown };
  if (typeof code === 'string')
    return SQL_STATE.test(code) || (code.length !== 5 && NODE_CODE.test(code)) || code === 'EPIPE';
  return PG_MESSAGE.test(error.message);
}

/** After such an error the connection may still be at work on the old statement: it is not used again. */
export function leavesConnectionUnusable(error: unknown): boolean {
  return isUnavailable(error) && (error as { code?: unknown }).code !== '57014';
}

/** The 503 for it; the cause goes to the log only. */
export function unavailable(cause: unknown): ProblemError {
  return new ProblemError('dependency-unavailable', { headers: { 'retry-after': RETRY_AFTER_SECONDS }, cause });
}
