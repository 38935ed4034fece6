// What may be said about an ACME CA.
import { z } from 'zod';

const file = z.string().min(1);

export const acmeSchema = z
  .strictObject({
    directoryUrl: z.url({ protocol: /^https$/, error: 'write the https:// address of the directory' }).meta({
      description:
        'The directory of the CA, such as https://acme-v02.api.letsencrypt.org/directory. Try the staging directory of the CA first.',
    }),
    termsAgreed: z.boolean().default(false).meta({
      description: 'You agree to the terms of service of that CA. Nothing is asked of it before.',
    }),
    email: z
      .email()
      .optional()
      .meta({ description: 'Whom the CA may write to. Expiry is announced by this lib, not by the CA.' }),
    profile: z
      .string()
      .regex(/^[\w.-]{1,64}$/, 'write the name of a profile')
      .optional()
      .meta({
        description: 'A profile that the directory offers, such as shortlived. The choice of the CA otherwise.',
      }),
    caFile: file.optional().meta({
      description: 'PEM file of the CA that signed the certificate of the directory itself, where it is a private one.',
    }),
    externalAccount: z
      .strictObject({
        keyId: z.string().min(1).max(256).meta({ description: 'Key identifier that the CA gave.' }),
        hmacKeyFile: file.meta({ description: 'File with its HMAC key in base64url. A file, since it is a secret.' }),
      })
      .optional()
      .meta({ description: 'Where the CA binds the account to one that it has already (RFC 8555 §7.3.4).' }),
    requestTimeoutMs: z.int().min(1_000).max(120_000).default(30_000).meta({
      description: 'How long one answer of the CA may take, in milliseconds.',
    }),
    orderTimeoutMs: z.int().min(1_000).max(3_600_000).default(300_000).meta({
      description: 'How long the CA may take to look at every name and to sign, in milliseconds.',
    }),
  })
  .refine(({ termsAgreed }) => termsAgreed, {
    message:
      'set acme.termsAgreed (GATEHOUSE_TLS_ACME_TERMS_AGREED=true) once you have read the terms of service of that CA',
    path: ['termsAgreed'],
  });

/** See {@link acmeSchema}. */
export type AcmeOptions = z.output<typeof acmeSchema>;
