// Which sources a configuration means, and in which order. A development CA never serves in production, whatever the order says.
import { acmeFolder, acmeIssuer } from './acme/acme.issuer.ts';
import type { CertificateSource, SourceContext } from './certificate.source.ts';
import { embeddedSource } from './development/embedded.source.ts';
import { mkcertSource } from './development/mkcert.source.ts';
import { filesSource } from './files.source.ts';
import { IssuedSource } from './issued/issued.source.ts';
import { orderedSource } from './ordered.source.ts';
import { TlsError } from './tls.error.ts';
import { DEVELOPMENT_NAMES, type TlsOptions } from './tls.options.ts';

/** A source, and the names that its certificate has to cover (none: whatever it says). */
export interface ConfiguredSource {
  readonly source: CertificateSource;
  readonly names: readonly string[];
}

/** What a program adds to its configuration. */
export interface ProgramSources {
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
  { own = [], publicHost }: ProgramSources = {},
): Promise<readonly ConfiguredSource[]> {
  const publicNames = publicHost === undefined ? [] : [publicHost];
  const names = options.names.length > 0 ? options.names : publicNames;
  const order = orderOf(options, context.production, own.length > 0);
  const primary = [...own];
  for (const kind of order)
    primary.push(...(await make(kind, options, { ...context, names: namesFor(kind, options.names, publicNames) })));
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

function orderOf({ sources, files, acme }: TlsOptions, production: boolean, hasOwn: boolean): readonly Kind[] {
  const development = sources.filter((kind) => kind === 'mkcert' || kind === 'embedded');
  if (production && development.length > 0)
    throw new TlsError(
      `the source ${development.join(', ')} is not for production: take it out of GATEHOUSE_TLS_SOURCES.`,
    );
  if (sources.length > 0) return sources;
  const configured: Kind[] = [...(files.length > 0 ? ['files' as const] : []), ...(acme ? ['acme' as const] : [])];
  if (configured.length > 0) return configured;
  if (hasOwn) return [];
  if (!production) return ['mkcert', 'embedded'];
  throw new TlsError(
    'no certificate: set both GATEHOUSE_TLS_CERT_FILE and GATEHOUSE_TLS_KEY_FILE, or GATEHOUSE_TLS_ACME_DIRECTORY_URL (the development CA is not for production).',
  );
}

async function make(kind: Kind, options: TlsOptions, context: SourceContext): Promise<CertificateSource[]> {
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
  throw new TlsError(`the source ${kind} is not configured.`);
}

async function acmeSource({ acme, caFile, reload }: TlsOptions, context: SourceContext): Promise<CertificateSource> {
  if (!acme) throw new TlsError('the source acme has no CA: set GATEHOUSE_TLS_ACME_DIRECTORY_URL.');
  const issuer = await acmeIssuer(acme, context);
  const backOff = { firstMs: 60_000, mostMs: 6 * 3_600_000 };
  return new IssuedSource(
    issuer,
    { folder: acmeFolder(context, acme), caFile, pollMs: reload.pollMs, backOff },
    context,
  );
}

/** A development certificate is for localhost too. */
function namesFor(kind: Kind, names: readonly string[], publicNames: readonly string[]): readonly string[] {
  if (names.length > 0) return names;
  const development = kind === 'mkcert' || kind === 'embedded';
  return development ? [...new Set([...DEVELOPMENT_NAMES, ...publicNames])] : publicNames;
}
