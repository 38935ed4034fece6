// Keeps what listeners serve current, and watches it: validate, swap, probe; the last good certificate stays when the new one is bad.
// Every reload runs after the one before, so that two sources that change at once do not cross.
import { randomBytes } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { CertificateFacts } from './certificate.facts.ts';
import type { CertificateSlot, ServedCertificate } from './certificate.slot.ts';
import { presentedChain, type ClientTrust } from './client/client.trust.ts';
import { ExpiryAlarm } from './expiry.alarm.ts';
import { TlsError } from './tls.error.ts';
import type { EmitTlsEvent } from './tls.event.ts';
import { TlsListeners, type ServedObservation } from './tls.listeners.ts';
import type { PolicyMaterial } from './tls.policy.ts';

/** Longer than any handshake, in milliseconds. */
const HANDSHAKE_MS = 60_000;

/** Counts since the start. */
export interface TlsCounters {
  swaps: number;
  refused: number;
  probes: number;
  probeFailures: number;
  alarms: number;
  clientTrustChanges: number;
  clientsEnded: number;
  /** Connections that did not come from a listed balancer, or without what it has to say. */
  refusedConnections: number;
}

/** See the head of the file. */
export class LiveCertificates {
  readonly counters: TlsCounters = {
    swaps: 0,
    refused: 0,
    probes: 0,
    probeFailures: 0,
    alarms: 0,
    clientTrustChanges: 0,
    clientsEnded: 0,
    refusedConnections: 0,
  };
  readonly listeners: TlsListeners;
  clientTrust?: ClientTrust;
  private readonly sessionIdContext = randomBytes(16).toString('hex');
  private readonly alarm: ExpiryAlarm;
  private endedList?: number;
  private trustChangedAt = -Infinity;
  private work: Promise<unknown> = Promise.resolve();

  /** @param slots the first answers clients that name nobody */
  constructor(
    readonly slots: readonly CertificateSlot[],
    private readonly emit: EmitTlsEvent,
    private readonly now: () => number,
  ) {
    this.alarm = new ExpiryAlarm(emit);
    this.listeners = new TlsListeners(
      () => this.material(slots[0]),
      (socket) => this.mayStay(socket),
      now,
    );
  }

  /** What is served for a slot, with who is trusted. */
  material(slot: CertificateSlot | undefined): PolicyMaterial {
    return { ...slot?.served?.material, clientTrust: this.clientTrust, sessionIdContext: this.sessionIdContext };
  }

  /** The first certificates: whatever is wrong with one stops the start. @throws TlsError */
  async start(): Promise<void> {
    for (const slot of this.slots) {
      const stored = await slot.candidate();
      if (!stored) await slot.source.prepare?.();
      slot.take(stored ?? (await slot.candidate()));
    }
  }

  /** Asks a source again, and serves what it has when it is good. Never throws: what is wrong is an event. */
  reload(slot: CertificateSlot): Promise<void> {
    return this.inTurn(async () => {
      try {
        const next = await slot.candidate();
        if (next) await this.swap(slot, next);
      } catch (error) {
        this.refuse(slot, (error as Error).message);
      }
    });
  }

  /** Trusts other clients from now on: no session is resumed, and connections of clients that lost their trust end. */
  trustClients(load: () => Promise<ClientTrust>): Promise<void> {
    return this.inTurn(async () => {
      try {
        const next = await load();
        const before = this.clientTrust;
        if (before && same(before, next)) return;
        this.clientTrust = next;
        this.trustChangedAt = performance.now();
        this.listeners.forgetSessions();
        const ended = this.listeners.endClients();
        this.counters.clientTrustChanges += 1;
        this.counters.clientsEnded += ended;
        const message = `client trust changed: ${next.ca.length} CA, ${next.crl.length} revocation lists; ${ended} connections ended.`;
        this.emit({ type: 'client-trust-changed', level: 'info', message });
      } catch (error) {
        this.counters.refused += 1;
        const message = `${(error as Error).message} The client trust from before stays in force.`;
        this.emit({ type: 'certificate-refused', level: 'error', source: 'client trust', message });
      }
    });
  }

  /** A look at what is served: metrics, alarms, old ticket keys. */
  watch(): Promise<void> {
    return this.inTurn(async () => {
      this.listeners.renewOldTicketKeys();
      const observations = await this.probe();
      for (const { served } of observations) if (served) this.look(served, this.slots[0]);
      for (const slot of this.slots.slice(1)) await this.watchNamed(slot);
      this.lookAtLists();
    });
  }

  /** Resolves when nothing is under way. */
  settled(): Promise<unknown> {
    return this.work;
  }

  private async swap(slot: CertificateSlot, next: ServedCertificate): Promise<void> {
    const before = slot.take(next);
    try {
      this.listeners.applyAll();
      await this.confirm(slot, next);
    } catch (error) {
      slot.take(before);
      this.listeners.applyAll();
      throw error;
    }
    this.counters.swaps += 1;
    const { serial, names, notAfter } = next.facts;
    const until = new Date(notAfter).toISOString();
    const message = `now serving certificate ${serial} for ${names.join(', ')} until ${until}.`;
    this.emit({
      type: 'certificate-swapped',
      level: 'info',
      source: slot.source.name,
      serial,
      notAfter: until,
      message,
    });
  }

  /** What is served now is what was meant to be; a listener that is too busy to say proves nothing. @throws TlsError otherwise */
  private async confirm(slot: CertificateSlot, { facts }: ServedCertificate): Promise<void> {
    const observations = slot === this.slots[0] ? await this.probe() : await this.listeners.probe(slot.exampleName);
    for (const { address, served, error, refused } of observations) {
      if (served?.fingerprint256 === facts.fingerprint256 || (error !== undefined && !refused)) continue;
      throw new TlsError(`${address} does not serve the new certificate (${error ?? `it serves ${served?.serial}`}).`);
    }
  }

  /** A certificate that is shown to those who ask for its name. */
  private async watchNamed(slot: CertificateSlot): Promise<void> {
    const [seen] = slot.exampleName === undefined ? [] : await this.listeners.probe(slot.exampleName);
    if (!slot.served || !seen?.served) return;
    this.look(seen.served, slot);
    if (seen.served.fingerprint256 === slot.served.facts.fingerprint256) return;
    this.refuse(slot, `${seen.address} shows certificate ${seen.served.serial} for ${slot.exampleName}.`);
  }

  private async probe(): Promise<readonly ServedObservation[]> {
    const observations = await this.listeners.probe();
    this.counters.probes += observations.length;
    this.counters.probeFailures += observations.filter(({ error }) => error !== undefined).length;
    return observations;
  }

  private refuse(slot: CertificateSlot, reason: string): void {
    if (!slot.refuse(reason)) return;
    this.counters.refused += 1;
    const { serial } = slot.served?.facts ?? {};
    const message = `${reason} ${serial ? `Certificate ${serial} is still served.` : 'There is no certificate to serve.'}`;
    this.emit({ type: 'certificate-refused', level: 'error', source: slot.source.name, serial, message });
  }

  private look(served: CertificateFacts, slot: CertificateSlot | undefined): void {
    if (this.alarm.look(served, slot?.source.name ?? 'none', this.now())) this.counters.alarms += 1;
  }

  /** For as long as a handshake from before a change may take; later ones were decided by the new trust. */
  private mayStay(socket: TLSSocket): boolean {
    if (performance.now() - this.trustChangedAt > HANDSHAKE_MS || !this.clientTrust) return true;
    return this.clientTrust.isTrusted(presentedChain(socket), this.now());
  }

  /** Once for each list: OpenSSL refuses every client from then on. */
  private lookAtLists(): void {
    const { crlNotAfter } = this.clientTrust ?? {};
    if (crlNotAfter === undefined || crlNotAfter > this.now() || crlNotAfter === this.endedList) return;
    this.endedList = crlNotAfter;
    const message = 'a revocation list of the client CA has ended, so every client is refused: fetch a new one.';
    this.emit({ type: 'certificate-expiring', level: 'error', source: 'client trust', message });
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.work.then(work);
    this.work = done.catch(() => undefined);
    return done;
  }
}

const same = (a: ClientTrust, b: ClientTrust) => a.ca.join() === b.ca.join() && a.crl.join() === b.crl.join();
