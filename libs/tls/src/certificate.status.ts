// `gatehouse certs status`: for every service of a state folder what it said last, and what its listeners show to a handshake now.
import { remainingFraction, type CertificateFacts } from './certificate.facts.ts';
import { ERROR_AT, WARN_AT } from './expiry.alarm.ts';
import { handshake, loopbackOf } from './served.probe.ts';
import { readStatuses, type ServiceStatus } from './status.file.ts';
import { summaryOf, type CertificateSummary, type TlsSnapshot } from './tls.snapshot.ts';

/** Something that somebody should act on. */
export interface CertificateFinding {
  readonly level: 'warn' | 'error';
  readonly message: string;
}

/** The certificates of one service. */
export interface CertificateStatus {
  readonly service: string;
  /** Whether one of its listeners answered just now. */
  readonly running: boolean;
  /** When the service said so, ISO 8601. */
  readonly reportedAt: string;
  /** As the service said. */
  readonly certificates: TlsSnapshot['certificates'];
  /** As a handshake showed just now. */
  readonly listeners: readonly {
    readonly address: string;
    readonly certificate?: CertificateSummary;
    readonly error?: string;
  }[];
  readonly findings: readonly CertificateFinding[];
}

/**
 * The state of every service below a state folder; none when no service ever served from it.
 *
 * @param now milliseconds since the epoch
 */
export async function certificateStatus(stateFolder: string, now: number = Date.now()): Promise<CertificateStatus[]> {
  return Promise.all((await readStatuses(stateFolder)).map((status) => look(status, now)));
}

async function look(status: ServiceStatus, now: number): Promise<CertificateStatus> {
  const seen = await Promise.all(status.listeners.map(async ({ address }) => ({ address, ...(await probe(address)) })));
  const running = seen.some(({ facts }) => facts !== undefined);
  return {
    service: status.service,
    running,
    reportedAt: status.at,
    certificates: status.certificates,
    listeners: seen.map(({ address, facts, error }) => ({
      address,
      certificate: facts && summaryOf(facts, now),
      error,
    })),
    findings: running ? findings(status, seen, now) : [],
  };
}

interface Seen {
  readonly address: string;
  readonly facts?: CertificateFacts;
  readonly error?: string;
}

function findings(status: ServiceStatus, seen: readonly Seen[], now: number): CertificateFinding[] {
  const found: CertificateFinding[] = [];
  const expected = status.certificates[0]?.certificate?.serial;
  for (const { source, certificate, differs, renewal } of status.certificates) {
    if (renewal?.lastError)
      found.push({ level: 'warn', message: `${source} failed ${renewal.failures} times: ${renewal.lastError}` });
    if (!certificate) found.push({ level: 'error', message: `${source} has given no certificate yet` });
    if (differs) found.push({ level: 'error', message: `the newest of ${source} is not served: ${differs.reason}` });
    if (certificate && source.startsWith('identity '))
      found.push(...ending(`${source} has`, timesOf(certificate), now));
  }
  for (const { address, facts, error } of seen) {
    if (!facts) {
      found.push({ level: 'error', message: `${address} does not answer: ${error}` });
      continue;
    }
    if (expected && facts.serial !== expected)
      found.push({ level: 'error', message: `${address} serves ${facts.serial}, the service says ${expected}` });
    found.push(...ending(`${address} serves`, facts, now));
  }
  return found;
}

type Times = Pick<CertificateFacts, 'notBefore' | 'notAfter'>;

const timesOf = ({ notBefore, notAfter }: CertificateSummary): Times => ({
  notBefore: Date.parse(notBefore),
  notAfter: Date.parse(notAfter),
});

function ending(who: string, times: Times, now: number): CertificateFinding[] {
  const left = remainingFraction(times, now);
  if (left > WARN_AT) return [];
  const day = new Date(times.notAfter).toISOString();
  const state =
    left <= 0 ? `expired on ${day}` : `expires on ${day}, with ${Math.round(left * 100)} % of its lifetime left`;
  return [{ level: left <= ERROR_AT ? 'error' : 'warn', message: `${who} a certificate that ${state}: renew it` }];
}

async function probe(address: string): Promise<{ facts?: CertificateFacts; error?: string }> {
  const [, host, port] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(address) ?? [];
  if (!host && !address.startsWith('/')) return { error: 'it has no address of its own' };
  const target = host && port ? { host: loopbackOf(host), port: Number(port) } : { path: address };
  return handshake({ ...target, servername: '' }).then(
    (facts) => ({ facts }),
    (error: Error) => ({ error: error.message }),
  );
}
