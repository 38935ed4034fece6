// What goes in and out; the key itself leaves once, in the answer to its making.
import { z } from 'zod';

export const apiKeyId = z.string().regex(/^[0-9A-Za-z]{16}$/);

export const newApiKey = z.strictObject({
  name: z.string().trim().min(1).max(100),
  scopes: z
    .array(z.string().regex(/^[a-z][a-z-]{0,40}:[a-z]{1,20}$/))
    .min(1)
    .max(50)
    .meta({ description: 'Some of the scopes of the credential that makes it' }),
  expiresInDays: z.int().min(1).max(365).default(90),
});
export const apiKeyView = z.strictObject({
  id: apiKeyId,
  name: z.string(),
  scopes: z.array(z.string()),
  createdAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  revokedAt: z.iso.datetime().nullable(),
  lastUsedAt: z.iso.datetime().nullable(),
});
export const madeApiKey = apiKeyView.extend({ key: z.string().meta({ description: 'Shown this once' }) });
export const apiKeysList = z.strictObject({ items: z.array(apiKeyView) });

export type NewApiKey = z.output<typeof newApiKey>;
export type ApiKeyView = z.output<typeof apiKeyView>;
