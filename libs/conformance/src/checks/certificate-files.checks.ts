// Certificates that change under a running service: taken over without a restart, never at the price of a connection, never a broken one,
// and announced before they end. The checks start the service with files of their own and replace them.
import { X509Certificate } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import type { Check, Finding } from '../check.ts';
import { CertificateFiles } from '../process/certificate.files.ts';
import type { ServiceProcess } from '../process/service.process.ts';
import type { Leaf } from '../process/throwaway.certificates.ts';
import type { Target } from '../target.ts';
import { commandOf, withService } from './service.command.ts';

/** How long a broken one is left in place, of the time that a service may take to notice: it will have looked. */
const BROKEN_PART = 1 / 5;

export const certReload: Check = {
  id: 'cert-reload',
  title: 'A new certificate is served without a restart, and no connection is lost',
  control: ['ASVS V12.1.3', 'ASVS V12.2.1'],
  severity: 'medium',
  remedy: 'watch GATEHOUSE_TLS_CERT_FILE and GATEHOUSE_TLS_KEY_FILE, and swap the certificate of the listener',
  needs: 'command',
  slow: true,
  run: (target) =>
    withFiles(target, {}, async ({ files, service, noticeMs }) => {
      const old = await KeptConnection.open(service.url);
      const next = await files.issue();
      await files.put(next);
      const findings: Finding[] = [];
      if (!(await isServed(service, next, noticeMs)))
        findings.push({ message: `the new certificate is not served ${noticeMs / 1000} s after its files` });
      if (!(await old.answers())) findings.push({ message: 'a connection from before the change was lost' });
      old.close();
      return findings;
    }),
};

export const certKeepsGood: Check = {
  id: 'cert-keeps-good',
  title: 'A broken certificate is not taken over; the next good one is',
  control: ['ASVS V12.2.1', 'ASVS V16.5.3'],
  severity: 'high',
  remedy: 'check pair, chain and dates before the swap, and keep the last good certificate',
  needs: 'command',
  slow: true,
  run: (target) =>
    withFiles(target, {}, async ({ files, service, first, noticeMs }) => {
      const other = await files.issue();
      const broken: Readonly<Record<string, Leaf>> = {
        'of another key': { cert: other.cert, key: first.key },
        'that has expired': await files.issue({ fromDays: -2, toDays: -1 }),
        'cut in half': { cert: other.cert.slice(0, other.cert.length / 2), key: other.key },
      };
      for (const [what, pair] of Object.entries(broken)) {
        await files.put(pair);
        for (const end = performance.now() + noticeMs * BROKEN_PART; performance.now() < end; await delay(250)) {
          if ((await served(service.url)) !== serialOf(first.cert))
            return [{ message: `with a certificate ${what} in its files it no longer serves the good one` }];
        }
      }
      await files.put(other);
      return (await isServed(service, other, noticeMs))
        ? []
        : [{ message: `after broken ones a good certificate is not served within ${noticeMs / 1000} s` }];
    }),
};

export const certAlarm: Check = {
  id: 'cert-alarm',
  title: 'A certificate that ends soon is announced in the log',
  control: ['ASVS V12.2.1', 'ASVS V16.2.1'],
  severity: 'medium',
  remedy: 'log certificate-expiring when a third of the lifetime of the served certificate is left',
  needs: 'command',
  slow: true,
  run: (target) =>
    withFiles(target, { fromDays: -19, toDays: 1 }, async ({ service, noticeMs }) => {
      for (const end = performance.now() + noticeMs; performance.now() < end;)
        if (await service.said('certificate-expiring')) return [];
      return [{ message: 'nothing is said of a certificate with a twentieth of its lifetime left' }];
    }),
};

interface Started {
  readonly files: CertificateFiles;
  readonly service: ServiceProcess;
  /** What it serves. */
  readonly first: Leaf;
  /** How long it may take to notice a file. */
  readonly noticeMs: number;
}

/** Starts the service with a certificate of the check. */
async function withFiles(
  target: Target,
  options: Parameters<CertificateFiles['issue']>[0],
  work: (started: Started) => Promise<Finding[]>,
): Promise<Finding[]> {
  const command = commandOf(target);
  const files = await CertificateFiles.open();
  try {
    const first = await files.issue(options);
    await files.put(first);
    return await withService(command, files.env, async (service) => {
      if (await isServed(service, first, 0))
        return work({ files, service, first, noticeMs: command.reloadSeconds * 1000 });
      return [{ message: 'it does not serve the certificate of GATEHOUSE_TLS_CERT_FILE' }];
    });
  } finally {
    await files.remove();
  }
}

async function isServed({ url }: ServiceProcess, { cert }: Leaf, ms: number): Promise<boolean> {
  for (const end = performance.now() + ms; ; await delay(100)) {
    if ((await served(url)) === serialOf(cert)) return true;
    if (performance.now() >= end) return false;
  }
}

const serialOf = (pem: string) => new X509Certificate(pem).serialNumber;

/** The serial number that a handshake sees; undefined when there is none. */
async function served(url: URL): Promise<string | undefined> {
  const socket = await secured(url).catch(() => undefined);
  const serial = socket?.getPeerX509Certificate()?.serialNumber;
  socket?.destroy();
  return serial;
}

function secured({ hostname, port }: URL): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const options = { host: hostname, port: Number(port), servername: 'localhost', ALPNProtocols: ['http/1.1'] };
    const socket = connect({ ...options, rejectUnauthorized: false }, () => resolve(socket));
    socket.setTimeout(2_000, () => socket.destroy(new Error('no handshake within 2 s')));
    socket.on('error', reject);
  });
}

/** A connection that is kept alive, used from time to time so that no idle limit ends it. */
class KeptConnection {
  private readonly timer = setInterval(() => this.ask(), 500);
  private received = '';

  private constructor(private readonly socket: TLSSocket) {
    socket.setTimeout(0);
    socket.on('data', (chunk: Buffer) => (this.received += chunk.toString('latin1')));
    this.ask();
  }

  static async open(url: URL): Promise<KeptConnection> {
    return new KeptConnection(await secured(url));
  }

  /** Whether it still answers. */
  async answers(): Promise<boolean> {
    this.received = '';
    this.ask();
    for (const end = performance.now() + 5_000; performance.now() < end; await delay(50))
      if (this.received.startsWith('HTTP/1.1 ')) return !this.socket.destroyed;
    return false;
  }

  close(): void {
    clearInterval(this.timer);
    this.socket.destroy();
  }

  private ask(): void {
    if (this.socket.writable) this.socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
  }
}
