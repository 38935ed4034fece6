// What goes in is refused if it has a field that is not named here; what goes out has only these fields.
import { z } from 'zod';
import { currency, MAX_AMOUNT } from '../ledger/money.schemas.ts';
import { pageOf, pageQuery } from '../ledger/page.ts';

/** In either case (RFC 9562 §4); one of them is how it is compared. */
export const accountId = z.uuid().toLowerCase();

const holder = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .refine((name) => !name.includes('\u0000'), 'must not hold U+0000');
const overdraftLimit = z.int().min(0).max(MAX_AMOUNT).meta({ description: 'How far below zero the balance may go' });

export const newAccount = z.strictObject({ holder, currency, overdraftLimit: overdraftLimit.default(0) });
export const accountChange = z
  .strictObject({ holder, overdraftLimit })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'must change something')
  .meta({ minProperties: 1 });
export const accountView = z.strictObject({
  id: accountId,
  holder: z.string(),
  currency: z.string(),
  balance: z.int().meta({ description: 'Minor units of the currency' }),
  overdraftLimit: z.int(),
  version: z.int(),
  createdAt: z.iso.datetime(),
  owner: z.string().optional().meta({ description: 'Shown to auditors' }),
});
export const accountsPage = pageOf(accountView);
export const accountsQuery = pageQuery.extend({
  holder: holder.optional().meta({ description: 'Only accounts of exactly this holder' }),
});

export type NewAccount = z.output<typeof newAccount>;
export type AccountChange = z.output<typeof accountChange>;
export type Account = z.output<typeof accountView>;
export type AccountsQuery = z.output<typeof accountsQuery>;
