// What may be said about authentication. The empty object is valid and safe: no issuer, no key, no certificate is accepted, so that
// every route that is not @Public answers 401.
import { z } from 'zod';

/** Signatures by a private key that the issuer alone has. There is no option for HMAC or none (RFC 8725 §3.1, §3.2). */
export const ALGORITHMS = [
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
] as const;

const claim = z.string().min(1).max(200);
const scope = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/, 'RFC 6749 §3.3: no spaces, quotes or backslashes');
const httpsUrl = z.url({ protocol: /^https$/, error: 'must be an https:// address' });

const publicKey = z.looseObject({ kty: z.enum(['EC', 'RSA', 'OKP']) });

export const issuerSchema = z
  .strictObject({
    issuer: httpsUrl.meta({ description: 'The `iss` of its tokens, character for character.' }),
    audience: z
      .union([z.string().min(1), z.array(z.string().min(1)).min(1)])
      .meta({ description: 'The `aud` that means this service. A token for another service is refused.' }),
    jwksUri: httpsUrl.optional().meta({
      description: 'Where its public keys are. Pinned here: never taken from a token. One of jwksUri, jwksFile, jwks.',
    }),
    jwksFile: z
      .string()
      .min(1)
      .optional()
      .meta({ description: 'The same from a file, which is read again as it changes.' }),
    jwks: z
      .strictObject({ keys: z.array(publicKey).min(1) })
      .optional()
      .meta({ description: 'The same as a value, for keys that never change.' }),
    caFile: z.string().min(1).optional().meta({
      description: 'PEM file of the CA that vouches for jwksUri, instead of the public ones.',
    }),
    networks: z
      .array(z.union([z.cidrv4(), z.cidrv6()]))
      .default([])
      .meta({
        description: 'Where jwksUri may lead (CIDR). Empty: public addresses only. See @gatehouse/http-client.',
      }),
    insecureLoopback: z.boolean().default(false).meta({
      description: 'jwksUri may lead to this machine: for development.',
    }),
    algorithms: z.array(z.enum(ALGORITHMS)).min(1).default(['ES256', 'EdDSA', 'Ed25519', 'PS256', 'RS256']).meta({
      description: 'Signature algorithms that are accepted. A key is used with its own algorithm only.',
    }),
    tokenTypes: z.array(z.string().min(1)).min(1).default(['at+jwt']).meta({
      description:
        'The `typ` of its access tokens (RFC 9068 §2.1). With "JWT", which several providers still write, an ID token is told from an access token by its audience alone.',
    }),
    scopeClaim: claim
      .default('scope')
      .meta({ description: 'Text with spaces, or a list: `scope`; Entra ID and Okta: `scp`.' }),
    tenantClaim: claim
      .optional()
      .meta({ description: 'The claim that names the tenant. A token without it is refused.' }),
    tenant: z.string().min(1).max(100).default('default').meta({
      description: 'The tenant of all its tokens, where tenantClaim is left out.',
    }),
    planClaim: claim.default('plan').meta({ description: 'The claim that names the plan, for quotas. May be absent.' }),
    clockSkewSeconds: z.int().min(0).max(120).default(30).meta({
      description: 'How far the clocks of issuer and service may differ, in seconds.',
    }),
    maxLifetimeSeconds: z.int().min(60).max(604_800).default(86_400).meta({
      description: 'Longest time from `iat` to `exp`, in seconds; a longer token is refused.',
    }),
    refreshSeconds: z.int().min(1).max(86_400).optional().meta({
      description:
        'Within how many seconds a key that the issuer removed is refused, cached tokens too: its keys are asked for that often (If-None-Match). By default 1 for a file, for this machine and for an issuer in `networks`; 60 for one on the internet, which is not yours to ask each second. At once: `gatehouse revoke`.',
    }),
    maxStaleSeconds: z.int().min(60).max(604_800).default(86_400).meta({
      description: 'How long keys are used while jwksUri does not answer, in seconds; then 503.',
    }),
  })
  .refine(({ jwksUri, jwksFile, jwks }) => [jwksUri, jwksFile, jwks].filter(Boolean).length === 1, {
    message: 'name exactly one of jwksUri, jwksFile, jwks',
    path: ['jwksUri'],
  });

export const clientCertificateSchema = z.strictObject({
  id: z.string().min(1).max(2_048).meta({ description: 'SPIFFE ID or distinguished name, whole.' }),
  tenant: z.string().min(1).max(100).default('default'),
  scopes: z.array(scope).min(1),
  plan: z.string().min(1).max(100).optional(),
});

export const authnOptionsSchema = z
  .strictObject({
    issuers: z.array(issuerSchema).max(20).default([]).meta({ description: 'Whose access tokens are accepted.' }),
    apiKeys: z
      .strictObject({
        environment: z
          .string()
          .regex(/^[a-z0-9]{1,12}$/)
          .default('dev')
          .meta({ description: 'Stands in every key (gh_<environment>_…); a key of another environment is refused.' }),
        maxLifetimeDays: z
          .int()
          .min(1)
          .max(3_650)
          .default(365)
          .meta({ description: 'Longest life of a key, in days.' }),
        overlapSeconds: z.int().min(0).max(2_592_000).default(86_400).meta({
          description: 'How long a key still works after it was rotated, in seconds.',
        }),
        revokeExposedKeys: z.boolean().default(false).meta({
          description:
            'Revoke a key that came over plain HTTP, besides the alert: whoever saw it can then only end it.',
        }),
      })
      .optional()
      .meta({ description: 'Accept API keys; needs a database and the keyring of their hashes.' }),
    clientCertificates: z.array(clientCertificateSchema).max(1_000).default([]).meta({
      description: 'Which holders of a client certificate may call without a token, and with which scopes.',
    }),
    maxTokenBytes: z.int().min(512).max(16_384).default(8_192).meta({
      description: 'Longest credential that is looked at, in bytes.',
    }),
    cache: z
      .strictObject({
        maxEntries: z.int().min(0).max(1_000_000).default(20_000).meta({
          description: 'Verified credentials that are kept, some 400 bytes each; 0 verifies each time.',
        }),
      })
      .prefault({}),
    dpop: z
      .strictObject({
        maxAgeSeconds: z.int().min(5).max(300).default(60).meta({
          description: 'How old a DPoP proof may be, in seconds.',
        }),
        maxProofs: z.int().min(100).max(10_000_000).default(200_000).meta({
          description: 'Proofs remembered against replay; beyond it DPoP requests answer 503.',
        }),
      })
      .prefault({}),
    revocation: z
      .strictObject({
        pollMs: z.int().min(50).max(1_000).default(500).meta({
          description: 'How often revocations are asked for, in milliseconds.',
        }),
        maxStaleSeconds: z.int().min(1).max(3_600).default(10).meta({
          description: 'How long credentials are accepted while the revocations cannot be had, in seconds; then 503.',
        }),
      })
      .prefault({}),
  })
  .refine(({ issuers }) => new Set(issuers.map(({ issuer }) => issuer)).size === issuers.length, {
    message: 'an issuer is there twice',
    path: ['issuers'],
  });

/** See `refreshSeconds`. Keys that were given as a value never change. */
export function refreshSecondsOf({
  refreshSeconds,
  jwks,
  jwksFile,
  insecureLoopback,
  networks,
}: IssuerOptions): number {
  if (jwks) return 86_400;
  const near = jwksFile !== undefined || insecureLoopback || networks.length > 0;
  return refreshSeconds ?? (near ? 1 : 60);
}

/** As it is written: everything may be left out. */
export type AuthnInput = z.input<typeof authnOptionsSchema>;
/** See {@link authnOptionsSchema}. */
export type AuthnOptions = z.output<typeof authnOptionsSchema>;
/** See {@link issuerSchema}. */
export type IssuerOptions = z.output<typeof issuerSchema>;
export type IssuerInput = z.input<typeof issuerSchema>;
