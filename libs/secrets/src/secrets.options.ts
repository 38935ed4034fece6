// How secrets are fetched. Where they are differs by machine and comes from the environment (secrets.environment.ts).
import { z } from 'zod';

const mount = z.string().regex(/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/, 'segments of A–Z a–z 0–9 _ -');

/** The empty object is valid and safe. */
export const secretsOptionsSchema = z.strictObject({
  startTimeoutMs: z.int().min(0).max(600_000).default(30_000).meta({
    description: 'How long the start waits for a store that does not answer yet or is sealed, in milliseconds.',
  }),
  pollSeconds: z.int().min(1).max(30).default(30).meta({
    description: 'How often the store is asked for a newer version, in seconds.',
  }),
  shutdownTimeoutMs: z.int().min(100).max(30_000).default(3_000).meta({
    description: 'How long the shutdown waits for leases to be revoked, in milliseconds.',
  }),
  kvMount: mount.default('secret').meta({ description: 'Vault: mount of the KV version 2 engine.' }),
  prefix: mount.optional().meta({ description: 'Vault: path in the KV mount; by default the name of the service.' }),
  databaseMount: mount.default('database').meta({ description: 'Vault: mount of the database engine.' }),
});

/** See {@link secretsOptionsSchema}. */
export type SecretsOptions = z.input<typeof secretsOptionsSchema>;

/** With every default filled in. */
export type SecretsSettings = z.output<typeof secretsOptionsSchema>;
