// Entity tags (RFC 9110 §8.8.3): a write names the version that it was made from, so that nobody undoes another's unseen.
import { ProblemError } from '@gatehouse/problem-details';
import type { FastifyReply } from 'fastify';
import type { Account } from './accounts.schemas.ts';

/** Sets the ETag of the account that is answered. */
export function tagged(reply: FastifyReply, account: Account): Account {
  reply.header('etag', `"${account.version}"`);
  return account;
}

/**
 * The version that If-Match names; 0, which no account has, for a tag that is none of ours.
 *
 * @throws ProblemError `precondition-required` (428) without one
 */
export function expectedVersion(ifMatch: string | undefined): number {
  if (!ifMatch) throw new ProblemError('precondition-required', { detail: 'Send If-Match with the ETag.' });
  return Number(/^"(\d{1,9})"$/.exec(ifMatch)?.[1] ?? 0);
}
