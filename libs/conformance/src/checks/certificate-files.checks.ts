// Certificates that change under a running service: taken over without a restart, never at the price of a connection, never a broken one,
// and announced before they end. The process that the suite starts has files of the suite's own, which are replaced here.
import { X509Certificate } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import type { Check, Finding } from '../check.ts';
import type { CertificateFiles } from '../process/certificate.files.ts';
import type { ServiceProcess } from '../process/service.process.ts';
import type { Leaf } from '../process/throwaway.certificates.ts';
import type { Target } from '../target.ts';
import { commandOf } from './service.command.ts';

/** How long a broken one is left in place, of the time that a service may take to notice: it will have looked. Less where it says so. */
const BROKEN_PART = 1 / 5;

export const certAlarm: Check = {
  id: 'cert-alarm',
  title: 'A certificate that ends soon is announced in the log',
  control: ['ASVS V12.2.1', 'ASVS V16.2.1'],
  severity: 'medium',
  remedy: 'log certificate-expiring when a third of the lifetime of the served certificate is left',
  needs: 'process',
  slow: true,
  run: (target) =>
    onFiles(target, async ({ service, noticeMs }) => {
      // it was started with one that ends soon
      for (const end = performance.now() + noticeMs; performance.now() < end;)
        if (await service.said('certificate-expiring')) return [];
      return [{ message: 'nothing is said of a certificate with a twentieth of its lifetime left' }];
    }),
};

export const certReload: Check = {
  id: 'cert-reload',
  title: 'A new certificate is served without a restart, and no connection is lost',
  control: ['ASVS V12.1.3', 'ASVS V12.2.1'],
  severity: 'medium',
  remedy: 'watch GATEHOUSE_TLS_CERT_FILE and GATEHOUSE_TLS_KEY_FILE, and swap the certificate of the listener',
  needs: 'process',
  slow: true,
  run: (target) =>
    onFiles(target, async ({ files, service, noticeMs }) => {
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
  needs: 'process',
  slow: true,
  run: (target) =>
    onFiles(target, async ({ files, service, noticeMs }) => {
      const good = await served(service.url);
      const other = await files.issue();
      const broken: Readonly<Record<string, Leaf>> = {
        'of another key': { cert: other.cert, key: (await files.issue()).key },
        'that has expired': await files.issue({ fromDays: -2, toDays: -1 }),
        'cut in half': { cert: other.cert.slice(0, other.cert.length / 2), key: other.key },
      };
      for (const [what, pair] of Object.entries(broken)) {
        const before = service.written();
        await files.put(pair);
        const end = performance.now() + noticeMs * BROKEN_PART;
        for (let looked = false; !looked && performance.now() < end; await delay(50)) {
          looked = service.writtenSince(before).includes('certificate-refused');
          if ((await served(service.url)) !== good)
            return [{ message: `with a certificate ${what} in its files it no longer serves the good one` }];
        }
      }
      await files.put(other);
      return (await isServed(service, other, noticeMs))
        ? []
        : [{ message: `after broken ones a good certificate is not served within ${noticeMs / 1000} s` }];
    }),
};

interface OnFiles {
  readonly files: CertificateFiles;
  readonly service: ServiceProcess;
  /** How long it may take to notice a file. */
  readonly noticeMs: number;
}

/** Does the work where the process serves what its files hold. */
async function onFiles(target: Target, work: (started: OnFiles) => Promise<Finding[]>): Promise<Finding[]> {
  const { service, files, first } = await target.process();
  const obeys = await target.once('obeys its files', () => isServed(service, first, 0));
  if (!obeys) return [{ message: 'it does not serve the certificate of GATEHOUSE_TLS_CERT_FILE' }];
  return work({ files, service, noticeMs: commandOf(target).reloadSeconds * 1000 });
}

async function isServed({ url }: ServiceProcess, { cert }: Leaf, ms: number): Promise<boolean> {
  for (const end = performance.now() + ms; ; await delay(50)) {
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
