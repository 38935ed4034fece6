// The connections to one host, in generations: a new generation for new calls, while the old one finishes what runs. Pins that changed and
// certificates that rotated hold for every call that begins afterwards, and no call fails because of it.
import { Pool } from 'undici';
import type { AllowedHost } from '../egress/allowed.host.ts';
import { ClientClosedError } from '../http-client.error.ts';
import type { HttpClientOptions } from '../http-client.options.ts';
import type { HostPins } from '../pins/host.pins.ts';
import { CallSlots } from './call.slots.ts';
import { tlsConnector, type ConnectorContext } from './tls.connector.ts';

export class HostPool {
  readonly slots: CallSlots;
  #pool: Pool | undefined;
  #bornAt = 0;
  #closed = false;
  readonly #old = new Set<Promise<void>>();
  #open = 0;

  constructor(
    readonly host: AllowedHost,
    readonly pins: HostPins,
    private readonly options: HttpClientOptions,
    private readonly context: Pick<ConnectorContext, 'identity' | 'resolve' | 'now'>,
    private readonly onConnect: () => void,
  ) {
    // As many calls as connections: nothing waits inside a generation, where it would miss the change to the next.
    this.slots = new CallSlots(host.key, options.limits.connectionsPerHost, options.limits.waitingPerHost);
  }

  /** Open connections, of all generations. */
  get connections(): number {
    return this.#open;
  }

  /** The generation for a call that begins now: dispatch in the same turn. */
  current(): Pool {
    if (this.#closed)
      throw new ClientClosedError(this.host.key, 'the client is closed', 'make calls before the end of the service');
    if (performance.now() - this.#bornAt > this.options.limits.connectionLifetimeMs) this.renew();
    return (this.#pool ??= this.#generation());
  }

  /** Lets the next call begin a new generation. */
  renew(): void {
    const old = this.#pool;
    this.#pool = undefined;
    if (!old) return;
    const closing = old.close().catch(() => undefined);
    this.#old.add(closing);
    void closing.then(() => this.#old.delete(closing));
  }

  /** Lets running calls finish. */
  async close(): Promise<void> {
    this.#closed = true;
    this.renew();
    await Promise.all(this.#old);
  }

  #generation(): Pool {
    this.#bornAt = performance.now();
    const { limits, timeouts, ca } = this.options;
    const { host, pins, context } = this;
    return new Pool(`https://${host.key}`, {
      connections: limits.connectionsPerHost,
      pipelining: 1,
      allowH2: false,
      useMilo: false,
      maxHeaderSize: limits.headerBytes,
      headersTimeout: timeouts.headersMs,
      bodyTimeout: timeouts.bodyMs,
      keepAliveTimeout: limits.idleMs,
      keepAliveMaxTimeout: limits.idleMs,
      connect: tlsConnector({
        ...context,
        host,
        pins,
        ca,
        connectMs: timeouts.connectMs,
        onConnect: (socket) => {
          this.#open += 1;
          socket.once('close', () => (this.#open -= 1));
          this.onConnect();
        },
      }),
    });
  }
}
