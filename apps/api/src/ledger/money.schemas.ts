// Money as it travels: an integer in minor units (cents, or yen where there are none) with its currency, never a fraction.
import { z } from 'zod';
import { currencyCodes } from './currency.codes.ts';

/** The largest amount in one transfer, in minor units: leaves room below 2^53 for a thousand of them on one account. */
export const MAX_AMOUNT = 1_000_000_000_000;

/** ISO 4217, upper case. */
export const currency = z
  .enum(currencyCodes as [string, ...string[]])
  .meta({ description: 'ISO 4217', example: 'EUR' });

/** What a transfer moves. */
export const amount = z
  .int()
  .min(1)
  .max(MAX_AMOUNT)
  .meta({ description: 'Minor units of the currency', example: 1250 });
