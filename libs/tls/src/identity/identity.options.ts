// What may be said about the certificate that a service shows to those that it calls, where it is another than the one it serves with.
import { z } from 'zod';
import { vaultPkiSchema } from '../vault/vault-pki.options.ts';

const file = z.string().min(1);

export const identitySchema = z
  .strictObject({
    files: z
      .strictObject({
        certFile: file.meta({ description: 'PEM: its chain, its own certificate first.' }),
        keyFile: file.meta({ description: 'PEM: its key.' }),
      })
      .optional()
      .meta({ description: 'PEM files, chain and key, that something else renews; watched.' }),
    vaultPki: vaultPkiSchema
      .optional()
      .meta({ description: 'Signed by the PKI engine of the vault, by a role of its own: client_flag is enough.' }),
    names: z
      .array(z.string().min(1).max(253))
      .max(20)
      .default([])
      .meta({ description: 'DNS names that it has beside the SPIFFE ID, where those that are called ask for them.' }),
  })
  .refine(({ files, vaultPki }) => (files === undefined) !== (vaultPki === undefined), {
    message: 'give either files or vaultPki: it comes from one place',
  })
  .refine(({ vaultPki, names }) => !vaultPki || vaultPki.spiffeId !== undefined || names.length > 0, {
    message: 'set vaultPki.spiffeId, or names: without either it says nothing of who calls',
    path: ['vaultPki', 'spiffeId'],
  });

/** See {@link identitySchema}. */
export type IdentityOptions = z.output<typeof identitySchema>;
