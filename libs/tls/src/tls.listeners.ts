// The listeners of a service, and how a new certificate reaches them: the complete options each time, the session ticket keys kept so
// that clients resume across a swap, and changed when it is decided anew who is trusted (a resumed session is not verified again).
import { randomBytes } from 'node:crypto';
import type { AddressInfo, Socket } from 'node:net';
import type { Server, TLSSocket } from 'node:tls';
import type { CertificateFacts } from './certificate.facts.ts';
import { isRefusal, probeServed } from './served.probe.ts';
import { policyOptions, type PolicyMaterial } from './tls.policy.ts';

/** How long session ticket keys are used, in milliseconds: whoever steals them reads what TLS 1.2 clients resumed in that time. */
const TICKET_KEYS_MS = 12 * 3_600_000;

/** What the last probe of a listener saw. Times in milliseconds since the epoch. */
export interface ServedObservation {
  readonly address: string;
  readonly probedAt: number;
  readonly served?: CertificateFacts;
  readonly error?: string;
  /** TLS itself refused; otherwise the listener was too busy, or on its way out. */
  readonly refused?: boolean;
}

interface Listener {
  readonly server: Server;
  ticketKeys: Buffer;
  ticketKeysAt: number;
  readonly clients: Set<TLSSocket>;
  observation?: ServedObservation;
}

/** See the head of the file. */
export class TlsListeners {
  private readonly listeners = new Set<Listener>();

  /**
   * @param material what is served now
   * @param mayStay whether a client is still trusted whose handshake began before a change
   */
  constructor(
    private readonly material: () => PolicyMaterial,
    private readonly mayStay: (socket: TLSSocket) => boolean,
    private readonly now: () => number,
  ) {}

  /** Takes a server into care; returns what ends that. */
  add(server: Server): () => void {
    const listener: Listener = {
      server,
      ticketKeys: randomBytes(48),
      ticketKeysAt: this.now(),
      clients: new Set(),
    };
    const secured = (socket: TLSSocket) => {
      if (!socket.authorized) return;
      if (!this.mayStay(socket)) return void socket.destroy();
      listener.clients.add(socket);
      socket.once('close', () => listener.clients.delete(socket));
    };
    // Node leaves a socket open whose handshake failed or stalled when somebody listens for that event and does not end it.
    const failed = (_error: Error, socket: Socket) => void socket.destroy();
    server.on('secureConnection', secured).on('tlsClientError', failed);
    this.listeners.add(listener);
    this.apply(listener);
    return () => {
      server.off('secureConnection', secured).off('tlsClientError', failed);
      this.listeners.delete(listener);
    };
  }

  /** Gives every listener what is to be served now. @throws Error of OpenSSL; nothing is changed then */
  applyAll(): void {
    for (const listener of this.listeners) this.apply(listener);
  }

  /** New ticket keys: no session from before is resumed. */
  forgetSessions(): void {
    for (const listener of this.listeners) this.renewTicketKeys(listener);
    this.applyAll();
  }

  /** New ticket keys where they are old. */
  renewOldTicketKeys(): void {
    for (const listener of this.listeners) {
      if (this.now() - listener.ticketKeysAt < TICKET_KEYS_MS) continue;
      this.renewTicketKeys(listener);
      this.apply(listener);
    }
  }

  /** Ends the connections of clients that are not trusted any more. */
  endClients(): number {
    let ended = 0;
    for (const { clients } of this.listeners) {
      for (const socket of clients) {
        if (this.mayStay(socket)) continue;
        socket.destroy();
        ended += 1;
      }
    }
    return ended;
  }

  /** A handshake with every listener, for a server name or none. */
  async probe(servername?: string): Promise<readonly ServedObservation[]> {
    return Promise.all([...this.listeners].map((listener) => this.probeOne(listener, servername)));
  }

  /** What the last probes without a server name saw. */
  observations(): readonly ServedObservation[] {
    return [...this.listeners].flatMap(({ observation }) => observation ?? []);
  }

  private async probeOne(listener: Listener, servername?: string): Promise<ServedObservation> {
    const seen = { address: addressOf(listener.server), probedAt: this.now() };
    const observation: ServedObservation = await probeServed(listener.server, servername).then(
      (served) => ({ ...seen, served }),
      (error: Error) => ({ ...seen, error: error.message, refused: isRefusal(error) }),
    );
    if (servername === undefined) listener.observation = observation;
    return observation;
  }

  private apply({ server, ticketKeys }: Listener): void {
    server.setSecureContext(policyOptions({ ...this.material(), ticketKeys }));
  }

  private renewTicketKeys(listener: Listener): void {
    listener.ticketKeys = randomBytes(48);
    listener.ticketKeysAt = this.now();
  }
}

function addressOf(server: Server): string {
  const address = server.address() as AddressInfo | string | null;
  if (address === null) return 'behind the proxied front';
  if (typeof address === 'string') return address;
  return address.family === 'IPv6' ? `[${address.address}]:${address.port}` : `${address.address}:${address.port}`;
}
