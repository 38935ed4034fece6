// What may be said about certificates of a vault's PKI engine.
import { z } from 'zod';

const segments = z.string().regex(/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/, 'segments of A–Z a–z 0–9 _ -');

export const vaultPkiSchema = z.strictObject({
  role: segments.meta({ description: 'Role of the PKI engine that signs for this service: it decides names and use.' }),
  mount: segments.default('pki').meta({ description: 'Where the PKI engine is mounted.' }),
  ttlSeconds: z.int().min(60).max(31_536_000).optional().meta({
    description: 'How long a certificate lives, in seconds; the role has the last word. Its default otherwise.',
  }),
  spiffeId: z
    .string()
    .regex(/^spiffe:\/\/[a-z0-9._-]{1,255}(\/[A-Za-z0-9._-]+)+$/, 'write spiffe://<trust domain>/<path>')
    .optional()
    .meta({ description: 'SPIFFE ID of this service: who it is to the services that it calls.' }),
});

/** See {@link vaultPkiSchema}. */
export type VaultPkiOptions = z.output<typeof vaultPkiSchema>;
