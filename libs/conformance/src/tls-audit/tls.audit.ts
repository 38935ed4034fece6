// `gatehouse tls audit`: what a TLS port agrees to, and what of it should not be. An own scanner, because Node can no longer
// ask for old protocols, and the usual scanners do not see post-quantum groups.
import { runChecks } from '../check.runner.ts';
import { peerCertificate } from '../client/peer.certificate.ts';
import type { ConformanceOptions } from '../conformance.options.ts';
import { makeReport, type CheckResult, type Report } from '../conformance.report.ts';
import { selectChecks } from '../conformance.runner.ts';
import { withTarget } from '../target.opening.ts';
import type { Target } from '../target.ts';
import { groupName } from '../wire/tls.constants.ts';
import { AUDIT_CHECKS } from './audit.registry.ts';
import { inventory, suiteNames } from './inventory.ts';
import { protocols, resumptions } from './session.checks.ts';

/** What the port was seen to do, good or bad. */
export interface TlsFacts {
  /** Accepted suites by version, oldest version first, suites in the order of the server's choice. */
  readonly suites: Readonly<Record<string, readonly string[]>>;
  readonly groups: readonly string[];
  /** The group that a client which offers everything ends up with. */
  readonly preferredGroup?: string;
  readonly certificate?: {
    readonly names: string;
    readonly issuer: string;
    readonly validFrom: string;
    readonly validTo: string;
    readonly key: string;
    /** SHA-256 of the certificate. */
    readonly fingerprint: string;
  };
  readonly alpn: readonly string[];
  readonly resumption: Readonly<Record<string, boolean | undefined>>;
}

/** A report with the facts below it. */
export interface TlsAuditReport extends Report {
  /** Absent when the port did not let itself be asked; the checks say why. */
  readonly facts?: TlsFacts;
}

/** The address, and a few options of a conformance run. */
export type TlsAuditOptions = Pick<
  ConformanceOptions,
  'caFile' | 'http' | 'only' | 'concurrency' | 'timeoutMs' | 'slowMs'
> & {
  readonly host: string;
  readonly port: number;
};

/**
 * Audits a TLS port.
 * @throws {ConformanceInputError} when the options are wrong or nothing answers TLS there
 * @example const report = await auditTls({ host: 'localhost', port: 8443, caFile: 'ca.pem' });
 */
export async function auditTls(
  { host, port, ...options }: TlsAuditOptions,
  onProgress: (result: CheckResult) => void = () => undefined,
): Promise<TlsAuditReport> {
  const startedAt = new Date();
  const checks = selectChecks(AUDIT_CHECKS, options.only);
  return withTarget(
    { ...options, url: `https://${host.includes(':') ? `[${host}]` : host}:${port}` },
    async (target) => {
      const results = await runChecks(checks, target, onProgress);
      const facts = await factsOf(target).catch(() => undefined);
      return { ...makeReport(target.url, startedAt, results), facts };
    },
  );
}

async function factsOf(target: Target): Promise<TlsFacts> {
  const { versions, groups, preferredGroup } = await inventory(target);
  const { offered } = await protocols(target);
  return {
    suites: Object.fromEntries(versions.map((entry) => [entry.name, suiteNames(entry)])),
    groups,
    preferredGroup: preferredGroup === undefined ? undefined : groupName(preferredGroup),
    certificate: await certificateFacts(target),
    alpn: offered,
    resumption: await resumptions(target),
  };
}

async function certificateFacts(target: Target): Promise<TlsFacts['certificate']> {
  const peer = await peerCertificate(target).catch(() => undefined);
  if (!peer) return undefined;
  const { leaf } = peer;
  const { asymmetricKeyType, asymmetricKeyDetails } = leaf.publicKey;
  return {
    names: leaf.subjectAltName ?? '',
    issuer: leaf.issuer.replaceAll('\n', ', '),
    validFrom: leaf.validFromDate.toISOString(),
    validTo: leaf.validToDate.toISOString(),
    key: `${asymmetricKeyType} ${asymmetricKeyDetails?.namedCurve ?? asymmetricKeyDetails?.modulusLength ?? ''}`.trim(),
    fingerprint: leaf.fingerprint256,
  };
}
