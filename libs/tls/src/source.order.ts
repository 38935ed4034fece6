// Which kinds of source a configuration means, in their order, and what each has to be told. Nothing of the sources is needed to know it.
import { TlsError } from './tls.error.ts';
import { DEVELOPMENT_NAMES, type TlsOptions } from './tls.options.ts';

/** A kind of source, as GATEHOUSE_TLS_SOURCES names it. */
export type SourceKind = TlsOptions['sources'][number];

/**
 * @param hasOwn whether the program brings a source itself
 * @throws TlsError when there is none, or one that is not for production
 */
export function orderOf(
  { sources, files, acme, vaultPki }: TlsOptions,
  production: boolean,
  hasOwn: boolean,
): readonly SourceKind[] {
  const development = sources.filter((kind) => kind === 'mkcert' || kind === 'embedded');
  if (production && development.length > 0)
    throw new TlsError(
      `the source ${development.join(', ')} is not for production: take it out of GATEHOUSE_TLS_SOURCES.`,
    );
  if (sources.length > 0) return sources;
  const configured: SourceKind[] = [];
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

/** @throws TlsError naming what the PKI of a vault lacks */
export function refuseVaultPki(
  vaultPki: TlsOptions['vaultPki'],
  names: readonly string[],
  hasVault: boolean,
): asserts vaultPki is NonNullable<TlsOptions['vaultPki']> {
  if (!vaultPki) throw new TlsError('the source vault-pki has no role: set GATEHOUSE_TLS_VAULT_PKI_ROLE.');
  if (!hasVault)
    throw new TlsError(
      `the source vault-pki (role ${vaultPki.role}) needs a vault, and this program has none: set GATEHOUSE_VAULT_ADDR and how to log in there, or use another source.`,
    );
  if (names.length === 0)
    throw new TlsError('the source vault-pki has no names: set GATEHOUSE_TLS_NAMES, or GATEHOUSE_PUBLIC_ORIGIN.');
}

/** A development certificate is for localhost too. */
export function namesFor(
  kind: SourceKind,
  names: readonly string[],
  publicNames: readonly string[],
): readonly string[] {
  if (names.length > 0) return names;
  const development = kind === 'mkcert' || kind === 'embedded';
  return development ? [...new Set([...DEVELOPMENT_NAMES, ...publicNames])] : publicNames;
}
