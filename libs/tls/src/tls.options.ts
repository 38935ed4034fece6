// What may be said about TLS. The empty object is valid and safe; the policy itself is not negotiable here.
import { z } from 'zod';

/** The settings that this lib reads from the environment. */
export const tlsEnvironment = ['GATEHOUSE_TLS_CERT_FILE', 'GATEHOUSE_TLS_KEY_FILE', 'GATEHOUSE_TLS_CA_FILE'] as const;

export const tlsOptionsSchema = z.strictObject({
  names: z
    .array(z.string().min(1))
    .min(1)
    .default(['localhost', '127.0.0.1', '::1'])
    .meta({ description: 'Names and addresses of the development certificate.' }),
});

/** See {@link tlsOptionsSchema}. */
export type TlsOptions = z.output<typeof tlsOptionsSchema>;
