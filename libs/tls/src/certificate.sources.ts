// Makes the sources that a configuration means. A development CA never serves in production, whatever the order says.
import { join } from 'node:path';
import { acmeFolder, acmeIssuer } from './acme/acme.issuer.ts';
import type { CertificateSource, SourceContext } from './certificate.source.ts';
import { embeddedSource } from './development/embedded.source.ts';
import { mkcertSource } from './development/mkcert.source.ts';
import { filesSource } from './files.source.ts';
import { IssuedSource } from './issued/issued.source.ts';
import { orderedSource } from './ordered.source.ts';
import { namesFor, orderOf, refuseVaultPki, type SourceKind } from './source.order.ts';
import { TlsError } from './tls.error.ts';
import type { TlsOptions } from './tls.options.ts';
import { VaultPkiIssuer, type VaultSigner } from './vault/vault-pki.issuer.ts';

/** A source, and the names that its certificate has to cover (none: whatever it says). */
export interface ConfiguredSource {
  readonly source: CertificateSource;
  readonly names: readonly string[];
}

/** What a program adds to its configuration. */
export interface ProgramSources {
  /** Its vault, for the source vault-pki. */
  readonly vaultSigner?: VaultSigner;
  /** Sources that the program brings itself (a vault's), asked first. */
  readonly own?: readonly CertificateSource[];
  /** The host that callers use; counts where the options say no names. */
  readonly publicHost?: string;
}

/**
 * One source for each certificate that is served; the first one answers clients that name nobody.
 *
 * @throws TlsError when there is none, naming the settings
 */
export async function configuredSources(
  options: TlsOptions,
  context: Omit<SourceContext, 'names'>,
  { own = [], publicHost, vaultSigner }: ProgramSources = {},
): Promise<readonly ConfiguredSource[]> {
  const publicNames = publicHost === undefined ? [] : [publicHost];
  const names = options.names.length > 0 ? options.names : publicNames;
  const order = orderOf(options, context.production, own.length > 0);
  const primary = [...own];
  for (const kind of order) {
    const named = { ...context, names: namesFor(kind, options.names, publicNames) };
    primary.push(...(await make(kind, options, named, vaultSigner)));
  }
  if (primary.length === 0)
    throw new TlsError(
      'the source mkcert has no mkcert on the PATH: install it, or add embedded to GATEHOUSE_TLS_SOURCES.',
    );
  const further = order.includes('files') ? options.files.slice(1) : [];
  return [
    { source: orderedSource(primary, context), names },
    ...further.map((pair, index) => ({
      source: filesSource({ ...pair, ...options.reload, name: `files ${index + 2}` }, { ...context, names: [] }),
      names: [],
    })),
  ];
}

async function make(
  kind: SourceKind,
  options: TlsOptions,
  context: SourceContext,
  vaultSigner: VaultSigner | undefined,
): Promise<CertificateSource[]> {
  if (kind === 'embedded') return [embeddedSource(context)];
  if (kind === 'mkcert') {
    const mkcert = await mkcertSource(context);
    return mkcert ? [mkcert] : [];
  }
  if (kind === 'files') {
    const [pair] = options.files;
    if (!pair)
      throw new TlsError('the source files has no files: set GATEHOUSE_TLS_CERT_FILE and GATEHOUSE_TLS_KEY_FILE.');
    return [filesSource({ ...pair, ...options.reload, caFile: options.caFile }, context)];
  }
  if (kind === 'acme') return [await acmeSource(options, context)];
  return [await vaultPkiSource(options, context, vaultSigner)];
}

async function acmeSource(
  { acme, caFile, ...options }: TlsOptions,
  context: SourceContext,
): Promise<CertificateSource> {
  if (!acme) throw new TlsError('the source acme has no CA: set GATEHOUSE_TLS_ACME_DIRECTORY_URL.');
  const issuer = await acmeIssuer(acme, context);
  const backOff = { firstMs: 60_000, mostMs: 6 * 3_600_000 };
  return new IssuedSource(issuer, { folder: acmeFolder(context, acme), caFile, ...timesOf(options), backOff }, context);
}

async function vaultPkiSource(
  { vaultPki, caFile, ...options }: TlsOptions,
  context: SourceContext,
  signer: VaultSigner | undefined,
): Promise<CertificateSource> {
  refuseVaultPki(vaultPki, context.names, signer !== undefined);
  const folder = join(context.stateFolder, context.service, 'tls', 'vault-pki');
  const backOff = { firstMs: 5_000, mostMs: 600_000 };
  const issuer = new VaultPkiIssuer(vaultPki, signer as VaultSigner);
  await signer?.open?.();
  return new IssuedSource(issuer, { folder, caFile, ...timesOf(options), backOff }, context);
}

const timesOf = ({ reload, startTimeoutMs }: Pick<TlsOptions, 'reload' | 'startTimeoutMs'>) => ({
  pollMs: reload.pollMs,
  startTimeoutMs,
});
