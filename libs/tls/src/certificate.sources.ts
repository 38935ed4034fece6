// Which sources a configuration means, and in which order. A development CA never serves in production, whatever the order says.
import { join } from 'node:path';
import { acmeFolder, acmeIssuer } from './acme/acme.issuer.ts';
import type { CertificateSource, SourceContext } from './certificate.source.ts';
import { embeddedSource } from './development/embedded.source.ts';
import { mkcertSource } from './development/mkcert.source.ts';
import { filesSource } from './files.source.ts';
import { IssuedSource } from './issued/issued.source.ts';
import { orderedSource } from './ordered.source.ts';
import { TlsError } from './tls.error.ts';
import { VaultPkiIssuer, type VaultSigner } from './vault/vault-pki.issuer.ts';
import { DEVELOPMENT_NAMES, type TlsOptions } from './tls.options.ts';

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

type Kind = TlsOptions['sources'][number];

function orderOf(
  { sources, files, acme, vaultPki }: TlsOptions,
  production: boolean,
  hasOwn: boolean,
): readonly Kind[] {
  const development = sources.filter((kind) => kind === 'mkcert' || kind === 'embedded');
  if (production && development.length > 0)
    throw new TlsError(
      `the source ${development.join(', ')} is not for production: take it out of GATEHOUSE_TLS_SOURCES.`,
    );
  if (sources.length > 0) return sources;
  const configured: Kind[] = [];
  if (files.length > 0) configured.push('files');
  if (acme) configured.push('acme');
  if (vaultPki) configured.push('vault-pki');
  if (configured.length > 0) return configured;
  if (hasOwn) return [];
  if (!production) return ['mkcert', 'embedded'];
  throw new TlsError(
    'no certificate: set both GATEHOUSE_TLS_CERT_FILE and GATEHOUSE_TLS_KEY_FILE, or GATEHOUSE_TLS_ACME_DIRECTORY_URL (the development CA is not for production).',
  );
}

async function make(
  kind: Kind,
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
  if (!vaultPki) throw new TlsError('the source vault-pki has no role: set GATEHOUSE_TLS_VAULT_PKI_ROLE.');
  if (!signer)
    throw new TlsError(
      `the source vault-pki (role ${vaultPki.role}) needs a vault, and this program has none: set GATEHOUSE_VAULT_ADDR and how to log in there, or use another source.`,
    );
  if (context.names.length === 0)
    throw new TlsError('the source vault-pki has no names: set GATEHOUSE_TLS_NAMES, or GATEHOUSE_PUBLIC_ORIGIN.');
  const folder = join(context.stateFolder, context.service, 'tls', 'vault-pki');
  const backOff = { firstMs: 5_000, mostMs: 600_000 };
  const issuer = new VaultPkiIssuer(vaultPki, signer);
  await signer.open?.();
  return new IssuedSource(issuer, { folder, caFile, ...timesOf(options), backOff }, context);
}

const timesOf = ({ reload, startTimeoutMs }: Pick<TlsOptions, 'reload' | 'startTimeoutMs'>) => ({
  pollMs: reload.pollMs,
  startTimeoutMs,
});

/** A development certificate is for localhost too. */
function namesFor(kind: Kind, names: readonly string[], publicNames: readonly string[]): readonly string[] {
  if (names.length > 0) return names;
  const development = kind === 'mkcert' || kind === 'embedded';
  return development ? [...new Set([...DEVELOPMENT_NAMES, ...publicNames])] : publicNames;
}
