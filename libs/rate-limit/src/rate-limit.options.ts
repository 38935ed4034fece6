// What can be set. `{}` is valid and safe: limits by address and by caller, for one replica.
import { z } from 'zod';
import { limitSchema } from './limit.ts';

const failedAuthenticationSchema = z
  .strictObject({
    address: limitSchema.prefault({ limit: 100, windowSeconds: 900, burst: 50 }).meta({
      description: 'Wrong credentials from one address. Room for an office behind one address whose people mistype.',
    }),
    account: limitSchema.prefault({ limit: 20, windowSeconds: 900, burst: 10 }).meta({
      description:
        'Wrong credentials for one account, from all addresses together. An address that the account was used from with success in the last day is let in all the same: nobody is locked out by an attacker.',
    }),
  })
  .prefault({});

export const rateLimitOptionsSchema = z.strictObject({
  address: limitSchema.prefault({ limit: 12_000, windowSeconds: 60, burst: 2_000 }).meta({
    description:
      'All requests of one address, before anything else is done for them. 200 a second: above what an office of 200 people behind one address, a test suite or a conformance run sends, and far below what one process answers.',
  }),
  principal: limitSchema.prefault({ limit: 6_000, windowSeconds: 60, burst: 1_000 }).meta({
    description: 'All requests of one caller, when it is known who calls.',
  }),
  plans: z
    .record(z.string().regex(/^[a-z][a-z0-9-]{0,31}$/), limitSchema)
    .default({})
    .meta({ description: 'Limits by the plan of the caller, in place of `principal`: { free: { limit: 600 } }.' }),
  failedAuthentication: failedAuthenticationSchema,
  ipv4PrefixBits: z.int().min(16).max(32).default(32).meta({ description: 'IPv4 addresses that are one caller.' }),
  ipv6PrefixBits: z.int().min(32).max(128).default(64).meta({
    description: 'IPv6 addresses that are one caller: a customer has a /64 at the least, often a /56.',
  }),
  maxKeys: z.int().min(1_000).max(16_000_000).default(1_000_000).meta({
    description: 'Callers remembered in the process: 24 bytes each, taken as they come.',
  }),
  headers: z.boolean().default(true).meta({ description: 'RateLimit and RateLimit-Policy on every answer.' }),
  replicas: z.int().min(1).max(10_000).default(1).meta({
    description:
      'How many processes serve together. More than one in production needs `valkey`; while it is gone, each enforces its share.',
  }),
  localRefusals: z.boolean().default(true).meta({
    description:
      'With `valkey`: remembers in the process how long a caller is refused, so that a flood costs no round trips. Refuses nobody earlier.',
  }),
});

/** What may be configured. */
export type RateLimitOptions = z.input<typeof rateLimitOptionsSchema>;

/** With every default filled in. */
export type RateLimitSettings = z.output<typeof rateLimitOptionsSchema>;
