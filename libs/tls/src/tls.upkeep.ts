// What goes on in the background while a service listens: sources are followed, listeners are probed, the status is written.
import { loadClientTrust, watchClientTrust } from './client/client.trust.ts';
import type { Identity } from './identity/identity.ts';
import type { LiveCertificates } from './live.certificates.ts';
import { writeStatus } from './status.file.ts';
import type { TlsContext } from './tls.ts';
import type { TlsOptions } from './tls.options.ts';
import { snapshotOf, type TlsSnapshot } from './tls.snapshot.ts';

/** See the head of the file. */
export class TlsUpkeep {
  private readonly ends: (() => void)[] = [];
  private begun = false;
  private closed = false;
  private saving: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly live: LiveCertificates,
    private readonly options: TlsOptions,
    private readonly context: Pick<TlsContext, 'service' | 'stateFolder'> & { now: () => number },
  ) {}

  /** The certificate that is shown to others, where it is one of its own. */
  identity?: Identity;

  /** Once the service listens. */
  begin(onEvent: (listener: () => void) => void): void {
    if (this.begun) return;
    this.begun = true;
    for (const slot of this.live.slots) {
      this.ends.push(slot.source.onChange(() => void this.live.reload(slot)));
      slot.source.start?.();
    }
    this.followClientTrust();
    const timer = setInterval(() => void this.refresh(), this.options.probeEveryMs).unref();
    this.ends.push(() => clearInterval(timer));
    onEvent(() => void this.save());
    void this.live.watch();
    void this.live.settled().then(() => this.save());
  }

  /** Asks every source and looks at every listener now. */
  async refresh(): Promise<void> {
    await Promise.all(this.live.slots.map((slot) => this.live.reload(slot)));
    await this.live.watch();
    await this.identity?.refresh();
    await this.save();
  }

  /** Ends everything, and waits for what is under way. */
  async close(): Promise<void> {
    this.ends.forEach((end) => end());
    await this.live.settled();
    if (this.begun) await this.save();
    this.closed = true;
    await this.identity?.close();
    await Promise.all(this.live.slots.map(({ source }) => source.close()));
  }

  /** What metrics and `gatehouse certs status` show. */
  snapshot(): TlsSnapshot {
    return snapshotOf(this.live, this.context.now(), this.identity?.snapshot());
  }

  private followClientTrust(): void {
    const { caFile, crlFile } = this.options.clientCertificates;
    if (!caFile) return;
    const files = { caFile, crlFile };
    const { now } = this.context;
    const watch = watchClientTrust(files, { ...this.options.reload, now }, () => {
      void this.live.trustClients(() => loadClientTrust(files, now()));
    });
    this.ends.push(() => watch.stop());
  }

  /** A state folder that cannot be written is no reason to stop: a container's disk may be read-only. */
  private save(): Promise<unknown> {
    const { service, stateFolder } = this.context;
    const write = () => (this.closed ? undefined : writeStatus(stateFolder, service, this.snapshot()));
    return (this.saving = this.saving.then(write).catch(() => undefined));
  }
}
