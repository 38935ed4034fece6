// Connections of each listener: how many are open, how many were refused before they became a request, and why.
import type { Server } from 'node:net';
import type { Metrics } from '@gatehouse/observability';

/** Why a connection was refused: ours, so that what a client sends makes no label. */
const KINDS: readonly [code: RegExp, kind: string][] = [
  [/^HPE_HEADER_OVERFLOW$/, 'headers-too-large'],
  [/^ERR_HTTP_REQUEST_TIMEOUT$/, 'request-timeout'],
  [/^(HPE_|ERR_HTTP2_)/, 'malformed-http'],
  [/^ERR_TLS_HANDSHAKE_TIMEOUT$/, 'handshake-timeout'],
  [/^(ERR_SSL_|ERR_TLS_)/, 'tls'],
  [/^(ECONNRESET|EPIPE)$/, 'reset'],
  [/^TOO_MANY_OF_ONE_ADDRESS$/, 'too-many-of-one-address'],
];

/** The kind of a refusal by its error. */
export function refusalKind({ code = '' }: { code?: string }): string {
  return KINDS.find(([pattern]) => pattern.test(code))?.[1] ?? 'other';
}

/** @returns what is told of each refused connection */
export function refusedConnections(metrics: Metrics): (error: { code?: string }) => void {
  const refused = metrics.counter({
    name: 'http_server_connections_refused_total',
    help: 'Connections of the API that ended before they were a request, by the reason.',
    labels: ['reason'],
  });
  return (error) => refused.inc({ reason: refusalKind(error) });
}

/** Counts the connections of listeners. */
export function openConnections(metrics: Metrics, listeners: Readonly<Record<string, Server>>): void {
  const open = metrics.gauge({
    name: 'http_server_open_connections',
    help: 'Open connections, those still shaking hands among them.',
    labels: ['listener'],
  });
  const dropped = metrics.counter({
    name: 'http_server_connections_dropped_total',
    help: 'Connections closed at once, because as many are open as may be.',
    labels: ['listener'],
  });
  for (const [listener, server] of Object.entries(listeners)) {
    open.set({ listener }, 0);
    dropped.inc({ listener }, 0);
    server.on('connection', (socket) => {
      open.add({ listener }, 1);
      socket.once('close', () => open.add({ listener }, -1));
    });
    server.on('drop', () => dropped.inc({ listener }));
  }
}
