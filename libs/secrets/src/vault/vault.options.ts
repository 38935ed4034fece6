// How a vault is reached. TLS only; its certificate is always checked: there is no switch for that.
import { z } from 'zod';

const mount = z.string().regex(/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/, 'segments of A–Z a–z 0–9 _ -');
const file = z.string().min(1);

/** How the service proves who it is. Files are read at each login, so that they may be replaced. */
export const vaultAuthSchema = z.discriminatedUnion('method', [
  z.strictObject({
    method: z.literal('approle'),
    mount: mount.default('approle'),
    /** Name of the role: the creation path of the wrapped secret-id is held against it. */
    role: z.string().min(1),
    roleId: z.string().min(1),
    secretIdFile: file.meta({ description: 'A response-wrapping token (default), or the secret-id itself.' }),
    insecureUnwrappedSecretId: z.boolean().default(false).meta({
      description: 'The file holds the secret-id in clear: who read it before leaves no trace.',
    }),
  }),
  z.strictObject({
    method: z.literal('kubernetes'),
    mount: mount.default('kubernetes'),
    role: z.string().min(1),
    jwtFile: file.default('/var/run/secrets/kubernetes.io/serviceaccount/token'),
  }),
  z.strictObject({ method: z.literal('jwt'), mount: mount.default('jwt'), role: z.string().min(1), jwtFile: file }),
  z.strictObject({
    method: z.literal('cert'),
    mount: mount.default('cert'),
    role: z.string().min(1).optional(),
    certFile: file,
    keyFile: file,
  }),
  z.strictObject({ method: z.literal('token'), tokenFile: file }),
]);

/** See {@link vaultAuthSchema}. */
export type VaultAuth = z.output<typeof vaultAuthSchema>;

/** What {@link createVaultClient} takes. */
export const vaultClientOptionsSchema = z.strictObject({
  address: z
    .url({ protocol: /^https$/, error: 'the address of a vault is https://host:port' })
    .meta({ description: 'Such as https://openbao:8200. Plain HTTP is refused.' }),
  caFile: file.optional().meta({ description: 'PEM of the CA to trust; by default the public ones.' }),
  namespace: mount.optional().meta({ description: 'X-Vault-Namespace.' }),
  auth: vaultAuthSchema,
  requestTimeoutMs: z.int().min(100).max(60_000).default(5_000).meta({
    description: 'How long one request may take, in milliseconds.',
  }),
});

/** See {@link vaultClientOptionsSchema}. */
export type VaultClientOptions = z.input<typeof vaultClientOptionsSchema>;

/** With every default filled in. */
export type VaultClientSettings = z.output<typeof vaultClientOptionsSchema>;
