// Certificates from an ACME CA (RFC 8555), such as Let's Encrypt or a private step-ca: names are proved by http-01 through the
// plain-HTTP gate, which the service has anyway. dns-01 needs credentials for the whole zone, which belong elsewhere.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { countCertificates } from '../certificate.facts.ts';
import type { SourceContext } from '../certificate.source.ts';
import type { CertificateIssuer, CertificateOrder, RenewalWindow } from '../issued/certificate.issuer.ts';
import { IssuerError } from '../issued/issuer.error.ts';
import { TlsError } from '../tls.error.ts';
import { AcmeAccount, readBindingKey } from './acme.account.ts';
import { AcmeChallenges } from './acme.challenges.ts';
import { AcmeHttp } from './acme.http.ts';
import type { AcmeOptions } from './acme.options.ts';
import { orderCertificate } from './acme.order.ts';
import { AcmeSession, type AcmeDirectory } from './acme.session.ts';

const HOUR_MS = 3_600_000;

/** The folder of one CA: accounts and certificates of staging and production are apart. */
export function acmeFolder({ stateFolder, service }: SourceContext, { directoryUrl }: AcmeOptions): string {
  const apart = createHash('sha256').update(directoryUrl).digest('hex').slice(0, 8);
  return join(stateFolder, service, 'tls', 'acme', `${new URL(directoryUrl).hostname}-${apart}`);
}

/** @throws TlsError when the names or the files of the configuration can never do */
export async function acmeIssuer(options: AcmeOptions, context: SourceContext): Promise<AcmeIssuer> {
  checkNames(context.names);
  const { caFile, externalAccount } = options;
  if (externalAccount) await readBindingKey(externalAccount.hmacKeyFile);
  const ca = caFile === undefined ? undefined : await readAuthority(caFile);
  return new AcmeIssuer(options, new AcmeHttp(options.requestTimeoutMs, ca), acmeFolder(context, options), context.now);
}

/** See the head of the file. */
export class AcmeIssuer implements CertificateIssuer {
  readonly name = 'acme';
  private readonly challenges: AcmeChallenges;
  private suggestion?: { readonly chain: string; readonly window?: RenewalWindow; readonly until: number };

  constructor(
    private readonly options: AcmeOptions,
    private readonly http: AcmeHttp,
    private readonly folder: string,
    private readonly now: () => number,
  ) {
    this.challenges = new AcmeChallenges(join(folder, 'challenges'));
  }

  async reach(signal: AbortSignal): Promise<void> {
    const directory = await this.session(signal).directory();
    this.profile(directory);
    if (!directory.meta.externalAccountRequired || this.options.externalAccount) return;
    throw new IssuerError(
      `${this.options.directoryUrl} takes only those who have an account there (externalAccountRequired): set GATEHOUSE_TLS_ACME_EAB_KEY_ID and GATEHOUSE_TLS_ACME_EAB_KEY_FILE to what it gave you.`,
    );
  }

  async issue({ names, csr, previous, signal }: CertificateOrder): Promise<string> {
    const session = this.session(signal);
    const directory = await session.directory();
    const profile = this.profile(directory);
    const account = await AcmeAccount.open(session, directory, this.options, join(this.folder, 'account.json'));
    const replaces = directory.renewalInfo && previous ? await this.idOf(previous) : undefined;
    const { orderTimeoutMs: timeoutMs } = this.options;
    const { newOrder } = directory;
    const chain = await orderCertificate(account, this.challenges, {
      newOrder,
      names,
      csr,
      profile,
      replaces,
      timeoutMs,
      signal,
    });
    this.suggestion = undefined;
    return chain;
  }

  async renewalWindow(chain: string, signal: AbortSignal): Promise<RenewalWindow | undefined> {
    if (this.suggestion?.chain === chain && this.now() < this.suggestion.until) return this.suggestion.window;
    // While the CA is down, what it said last holds, and it is asked again in an hour.
    const kept = this.suggestion?.chain === chain ? this.suggestion.window : undefined;
    const found = await this.ask(chain, signal).catch(() => ({ window: kept, keepMs: HOUR_MS }));
    this.suggestion = { chain, window: found.window, until: this.now() + found.keepMs };
    return found.window;
  }

  challenge(token: string): Promise<string | undefined> {
    return this.challenges.answer(token);
  }

  async close(): Promise<void> {
    this.http.close();
  }

  private async ask(chain: string, signal: AbortSignal): Promise<{ window?: RenewalWindow; keepMs: number }> {
    const session = this.session(signal);
    const { renewalInfo } = await session.directory();
    const id = renewalInfo === undefined ? undefined : await this.idOf(chain);
    if (renewalInfo === undefined || id === undefined) return { keepMs: 24 * HOUR_MS };
    const { readRenewalInfo } = await import('./acme.renewal-info.ts');
    return readRenewalInfo(session, renewalInfo, id);
  }

  /** Loaded when it is needed: a start that finds its certificate does not pay for it. */
  private async idOf(chain: string): Promise<string | undefined> {
    return (await import('./acme.renewal-info.ts')).renewalId(chain);
  }

  private profile({ meta }: AcmeDirectory): string | undefined {
    const { profile, directoryUrl } = this.options;
    const offered = Object.keys(meta.profiles ?? {});
    if (profile === undefined || offered.includes(profile)) return profile;
    const remedy = offered.length > 0 ? `set it to one of ${offered.join(', ')}` : 'unset it: there are none';
    throw new IssuerError(`${directoryUrl} has no profile ${profile} (GATEHOUSE_TLS_ACME_PROFILE): ${remedy}.`);
  }

  private session(signal: AbortSignal): AcmeSession {
    return new AcmeSession(this.http, this.options.directoryUrl, signal);
  }
}

function checkNames(names: readonly string[]): void {
  if (names.length === 0)
    throw new TlsError('the source acme has no names: set GATEHOUSE_TLS_NAMES, or GATEHOUSE_PUBLIC_ORIGIN.');
  const wildcard = names.find((name) => name.startsWith('*.'));
  if (wildcard !== undefined)
    throw new TlsError(
      `${wildcard}: no CA proves a wildcard by http-01: list each name in GATEHOUSE_TLS_NAMES, or use certificate files that a dns-01 client renews.`,
    );
}

async function readAuthority(caFile: string): Promise<string> {
  const pem = await readFile(caFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new TlsError(`GATEHOUSE_TLS_ACME_CA_FILE=${caFile} cannot be read (${error.code}): correct the path.`);
  });
  if (countCertificates(pem) > 0) return pem;
  throw new TlsError(
    `GATEHOUSE_TLS_ACME_CA_FILE=${caFile}: no valid PEM certificate in it: give the CA of the directory's own certificate.`,
  );
}
