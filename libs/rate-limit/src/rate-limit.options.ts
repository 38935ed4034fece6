// What can be set. `{}` is valid and safe: limits by address and by caller, for one replica.
import { z } from 'zod';
import { limitSchema } from './limit.ts';

export const valkeySchema = z.strictObject({
  url: z.string().meta({
    description:
      'Where the replicas keep their limits together, as valkeys://user@host:6379 (or rediss://). Never with a password.',
  }),
  passwordFile: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'File with the password of the user; read again for each connection.' }),
  caFile: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'PEM file of the authority of the server; by default the public ones.' }),
  commandTimeoutMs: z.int().min(5).max(5_000).default(50).meta({
    description: 'How long a request may wait for an answer, in milliseconds; then this process decides alone.',
  }),
  keyPrefix: z
    .string()
    .regex(/^[a-z0-9][a-z0-9:-]{0,31}$/)
    .default('gatehouse')
    .meta({ description: 'Begins each key, before the name of the service: each service has limits of its own.' }),
  localRefusals: z.boolean().default(true).meta({
    description:
      'Remembers in the process how long a caller is refused: a flood costs no round trips. Refuses nobody earlier.',
  }),
  insecureWithoutTls: z.boolean().default(false).meta({
    description: 'Lets valkey:// and redis:// be used, in clear. Refused in production.',
  }),
});

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
  valkey: valkeySchema.optional().meta({ description: 'A Valkey or Redis (7 or newer) that all replicas share.' }),
});

/** What may be configured. */
export type RateLimitOptions = z.input<typeof rateLimitOptionsSchema>;

/** With every default filled in. */
export type RateLimitSettings = z.output<typeof rateLimitOptionsSchema>;
