// What can be known of the certificates before anything of a service is loaded, let alone opened: whatever is wrong with them stops the
// start at once, and not after the rest of it.
import { checkAuthorities } from './authorities.file.ts';
import { validateMaterial } from './certificate.facts.ts';
import { filesSource } from './files.source.ts';
import { namesFor, orderOf, refuseVaultPki } from './source.order.ts';
import { resolveTlsOptions } from './tls.environment.ts';
import type { TlsOptions } from './tls.options.ts';
import type { TlsContext } from './tls.ts';

/** What the check is told. */
export interface CertificateCheck extends Omit<TlsContext, 'onEvent' | 'sources' | 'vaultSigner'> {
  /** Whether the program has a vault, for the source vault-pki. */
  readonly hasVault: boolean;
}

/**
 * Refuses what `createTls` would refuse, as far as settings and files tell: no connection is made, and nothing is written.
 *
 * @throws TlsError naming the file or the setting, and the remedy
 */
export async function checkCertificates(given: TlsOptions, context: CertificateCheck): Promise<void> {
  const { env = {}, production, publicHost, hasVault, now = Date.now } = context;
  const options = resolveTlsOptions(given, env);
  if (options.caFile) await checkAuthorities(options.caFile);
  const publicNames = publicHost === undefined || options.proxied ? [] : [publicHost];
  const order = orderOf(options, production, false);
  for (const kind of order) {
    const names = namesFor(kind, options.names, publicNames);
    if (kind === 'vault-pki') refuseVaultPki(options.vaultPki, names, hasVault);
  }
  if (order.some((kind) => kind !== 'files')) return; // another source may stand in
  const names = options.names.length > 0 ? options.names : publicNames;
  for (const [index, pair] of options.files.entries()) {
    const expected = index === 0 ? names : [];
    const place = { ...context, env, now, names: expected, emit: () => undefined };
    const source = filesSource({ ...pair, ...options.reload }, place);
    const material = await source.current();
    if (material)
      validateMaterial(material, {
        origin: source.origin ?? pair.certFile,
        now: now(),
        names: expected,
        purpose: 'server',
      });
  }
}
