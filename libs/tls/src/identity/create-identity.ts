// Makes the client certificate of a service, or of any program that calls others: from files, or from the vault's PKI.
import { join } from 'node:path';
import { z } from 'zod';
import { CertificateSlot } from '../certificate.slot.ts';
import type { CertificateSource, SourceContext } from '../certificate.source.ts';
import { filesSource } from '../files.source.ts';
import { IssuedSource } from '../issued/issued.source.ts';
import { TlsError } from '../tls.error.ts';
import { tlsOptionsSchema, type TlsOptions } from '../tls.options.ts';
import type { TlsContext } from '../tls.ts';
import { VaultPkiIssuer } from '../vault/vault-pki.issuer.ts';
import { Identity } from './identity.ts';
import { identitySchema, type IdentityOptions } from './identity.options.ts';

/** What surrounds an identity. */
export type IdentityContext = Pick<
  TlsContext,
  'service' | 'stateFolder' | 'production' | 'env' | 'vaultSigner' | 'now' | 'onEvent'
>;

type Times = Pick<TlsOptions, 'reload' | 'startTimeoutMs' | 'probeEveryMs'>;

/**
 * For a program that calls others and serves nothing; a service says `tls.identity` and gets it by `tls.clientCertificate()`.
 *
 * @throws TlsError naming the file, the setting or the vault, and the remedy
 * @example
 * const identity = await createIdentity({ files: { certFile, keyFile } }, { service: 'jobs', stateFolder, production: true });
 * const client = createHttpClient({ allow: [{ host, mutualTls: true }], clientCertificate: () => identity.certificate() });
 */
export async function createIdentity(
  given: z.input<typeof identitySchema>,
  context: IdentityContext,
): Promise<Identity> {
  const { env = {}, now = Date.now, onEvent } = context;
  const parsed = identitySchema.safeParse(given);
  if (!parsed.success) throw new TlsError(`the options of the identity: ${z.prettifyError(parsed.error)}`);
  const emit: SourceContext['emit'] = (event) => onEvent?.({ ...event, at: new Date(now()).toISOString() });
  return openIdentity(parsed.data, tlsOptionsSchema.parse({}), { ...context, env, now, emit });
}

/** @throws TlsError */
export async function openIdentity(
  options: IdentityOptions,
  times: Times,
  context: Omit<SourceContext, 'names'> & Pick<TlsContext, 'vaultSigner'>,
): Promise<Identity> {
  const { now, emit } = context;
  const source = await identitySource(options, times, context);
  const identity = new Identity(new CertificateSlot(source, options.names, now, 'client'), emit, now);
  try {
    await identity.begin(times.probeEveryMs);
  } catch (error) {
    await identity.close();
    throw error;
  }
  return identity;
}

async function identitySource(
  { files, vaultPki, names }: IdentityOptions,
  { reload, startTimeoutMs }: Times,
  { vaultSigner, ...context }: Omit<SourceContext, 'names'> & Pick<TlsContext, 'vaultSigner'>,
): Promise<CertificateSource> {
  const purpose = 'client';
  if (files) {
    const settings = ['GATEHOUSE_TLS_IDENTITY_CERT_FILE', 'GATEHOUSE_TLS_IDENTITY_KEY_FILE'] as const;
    return filesSource({ ...files, ...reload, purpose, settings }, { ...context, names });
  }
  if (!vaultPki || !vaultSigner)
    throw new TlsError(
      'the identity by vault-pki needs a vault, and this program has none: set GATEHOUSE_VAULT_ADDR and how to log in there, or give the identity as files.',
    );
  await vaultSigner.open?.();
  const { stateFolder, service } = context;
  const folder = join(stateFolder, service, 'tls', 'identity');
  const backOff = { firstMs: 5_000, mostMs: 600_000 };
  const times = { pollMs: reload.pollMs, startTimeoutMs, backOff };
  return new IssuedSource(
    new VaultPkiIssuer(vaultPki, vaultSigner),
    { folder, purpose, ...times },
    { ...context, names },
  );
}
