// What goes in is refused if it has a field that is not named here; what goes out has only these fields.
import { z } from 'zod';
import { accountId } from '../accounts/accounts.schemas.ts';
import { amount, currency } from '../ledger/money.schemas.ts';
import { pageOf, pageQuery } from '../ledger/page.ts';

export const newTransfer = z
  .strictObject({
    from: accountId,
    to: accountId,
    amount,
    currency,
    reference: z.string().trim().min(1).max(140).optional(),
  })
  .refine(({ from, to }) => from !== to, { path: ['to'], message: 'must be another account than "from"' });
export const transferView = z.strictObject({
  id: z.uuid(),
  from: accountId,
  to: accountId,
  amount: z.int(),
  currency: z.string(),
  reference: z.string().nullable(),
  createdAt: z.iso.datetime(),
});
export const transfersPage = pageOf(transferView);
export const transfersQuery = pageQuery.extend({ account: accountId.optional() });

export type NewTransfer = z.output<typeof newTransfer>;
export type Transfer = z.output<typeof transferView>;
export type TransfersQuery = z.output<typeof transfersQuery>;
