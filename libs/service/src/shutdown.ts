// Stops without losing an answer: not ready, grace, no new connections, drain, then close what the service opened, in reverse.
// Each part is bounded, so that a client that never hangs up cannot keep the process.
import type { Server, Socket } from 'node:net';
import type { Http2SecureServer, ServerHttp2Session } from 'node:http2';
import type { ServiceContext } from './step.ts';

type Listener = Server & { closeIdleConnections?: () => void };

/** See the head of the file. */
export class Shutdown {
  private readonly sockets = new Set<Socket>();
  private readonly sessions = new Set<ServerHttp2Session>();
  private running?: Promise<void>;

  /** @param undo what closes the rest, oldest first */
  constructor(
    private readonly servers: readonly Listener[],
    private readonly context: ServiceContext,
    private readonly undo: readonly (() => Promise<unknown>)[],
  ) {
    for (const server of servers) {
      const track = (socket: Socket) => {
        this.sockets.add(socket);
        socket.once('close', () => this.sockets.delete(socket));
      };
      server.on('connection', track);
      (server as unknown as Http2SecureServer).on('session', (session: ServerHttp2Session) => {
        this.sessions.add(session);
        session.once('close', () => this.sessions.delete(session));
      });
    }
  }

  /** Idempotent: a second call waits for the first. */
  run(): Promise<void> {
    return (this.running ??= this.stop());
  }

  /** Ends every connection at once. */
  async cut(): Promise<void> {
    for (const server of this.servers) if (server.listening) server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  private async stop(): Promise<void> {
    const { health, settings, log } = this.context;
    health.drain();
    await delay(settings.shutdown.graceMs);
    this.context.draining = true;
    const closed = Promise.all(this.servers.map(closeListener));
    for (const session of this.sessions) session.close();
    const idle = setInterval(() => this.servers.forEach((server) => server.closeIdleConnections?.()), 50);
    const inTime = await Promise.race([closed.then(() => true), delay(settings.shutdown.drainMs).then(() => false)]);
    clearInterval(idle);
    if (!inTime)
      log.warn(
        { connections: this.sockets.size, drainMs: settings.shutdown.drainMs },
        'cut connections that did not drain',
      );
    for (const step of this.undo.toReversed()) {
      await step().catch((error: unknown) => log.error({ err: error }, 'closing failed'));
    }
  }
}

const closeListener = (server: Listener) =>
  new Promise<void>((resolve) => (server.listening ? server.close(() => resolve()) : resolve()));

const delay = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
