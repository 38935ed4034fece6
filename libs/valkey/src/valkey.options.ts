// What can be set. Left out as a whole, a service shares nothing with its replicas.
import { z } from 'zod';

const file = (description: string) => z.string().min(1).optional().meta({ description });

export const valkeyOptionsSchema = z.strictObject({
  url: z.string().meta({
    description:
      'Where the replicas keep together what they have to agree on, as valkeys://user@host:6379 (or rediss://). Never with a password.',
  }),
  passwordFile: file('File with the password of the user; read again for each connection.'),
  caFile: file('PEM file of the authority of the server; by default the public ones. Read again for each connection.'),
  certFile: file('PEM file with the certificate of this service, where the server asks for one; read again each time.'),
  keyFile: file('PEM file with the key of `certFile`.'),
  commandTimeoutMs: z.int().min(5).max(5_000).default(50).meta({
    description: 'How long a request may wait for an answer, in milliseconds; then this process decides alone.',
  }),
  keyPrefix: z
    .string()
    .regex(/^[a-z0-9][a-z0-9:-]{0,31}$/)
    .default('gatehouse')
    .meta({ description: 'Begins each key and channel, before the name of the service: services cannot meet.' }),
  insecureWithoutTls: z.boolean().default(false).meta({
    description: 'Lets valkey:// and redis:// be used, in clear. Refused in production.',
  }),
});

/** What may be configured. */
export type ValkeyOptions = z.input<typeof valkeyOptionsSchema>;

/** With every default filled in. */
export type ValkeySettings = z.output<typeof valkeyOptionsSchema>;
