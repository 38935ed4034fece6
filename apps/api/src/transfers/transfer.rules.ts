// When a transfer is refused. Said here in words that a caller understands; the constraints of the tables say it again.
import type { Refusal } from '../ledger/ledger.problems.ts';
import type { NewTransfer } from './transfers.schemas.ts';

/** What the rules look at. */
export interface AccountState {
  readonly id: string;
  readonly currency: string;
  readonly balance: number;
  readonly overdraft_limit: number;
}

/** The first rule that the transfer breaks; undefined when it may be made. */
export function refusalOf(request: NewTransfer, accounts: readonly AccountState[]): Refusal | undefined {
  const from = accounts.find(({ id }) => id === request.from);
  const to = accounts.find(({ id }) => id === request.to);
  if (!from || !to) return 'unknown-account';
  if (from.currency !== request.currency || to.currency !== request.currency) return 'currency-mismatch';
  if (from.balance - request.amount < -from.overdraft_limit) return 'insufficient-funds';
  if (to.balance + request.amount > Number.MAX_SAFE_INTEGER) return 'balance-too-large';
  return undefined;
}
