// What this service refuses beyond what every service does. The README lists them, and a test compares.
import { defineProblems, ProblemError } from '@gatehouse/problem-details';

const refusal = (status: number, title: string, remedy: string) => ({
  status,
  title,
  remedy,
  logLevel: 'info' as const,
});

/** The codes of the ledger. */
export const ledgerProblems = defineProblems({
  'idempotency-key-missing': refusal(
    400,
    'Idempotency-Key missing',
    'Send an Idempotency-Key of 1 to 255 visible ASCII characters.',
  ),
  'idempotency-key-reused': refusal(422, 'Idempotency-Key reused', 'Use a new key for another request.'),
  'unknown-account': refusal(422, 'Unknown account', 'Name two accounts that exist.'),
  'currency-mismatch': refusal(422, 'Currency mismatch', 'Use the currency that both accounts have.'),
  'insufficient-funds': refusal(422, 'Insufficient funds', 'Transfer at most the balance and the overdraft limit.'),
  'balance-too-large': refusal(422, 'Balance too large', 'Transfer less: the balance would pass 2^53 − 1 minor units.'),
});

/** Why a transfer is not made. */
export type Refusal = keyof typeof ledgerProblems;

/** The answer to it. */
export const refused = (refusal: Refusal): ProblemError => new ProblemError(refusal);
