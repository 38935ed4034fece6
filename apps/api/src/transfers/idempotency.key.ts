// A caller that got no answer asks again with the same key, and nothing happens twice (draft-ietf-httpapi-idempotency-key-header).
import { createHash } from 'node:crypto';
import { refused } from '../ledger/ledger.problems.ts';
import type { NewTransfer } from './transfers.schemas.ts';

/** @throws ProblemError `idempotency-key-missing` (400), also for one that is too long or not visible ASCII */
export function readIdempotencyKey(header: string | undefined): string {
  if (header && /^[\x21-\x7e]{1,255}$/.test(header)) return header;
  throw refused('idempotency-key-missing');
}

/** Tells one request from another under the same key: SHA-256 of what was understood, so that white space does not matter. */
export function fingerprint({ from, to, amount, currency, reference }: NewTransfer): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([from, to, amount, currency, reference ?? null]))
    .digest();
}
