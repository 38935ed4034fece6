// Events of what never became a request: bytes that are no HTTP, handshakes that failed. Exactly one for each connection, and none where
// a request is under way, which has its own.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ServerHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { RequestEvents } from '@gatehouse/audit';
import { problemType, toProblemError } from '@gatehouse/problem-details';
import type { ServiceContext } from '../step.ts';

const refused = new WeakMap<Socket, string>();

/** A connection that broke was refused by nobody. */
export function auditRefusedConnection(
  error: Error & { code?: string },
  socket: Socket,
  { audit }: ServiceContext,
): void {
  if (!audit || refused.has(socket) || error.code === 'ECONNRESET' || error.code === 'EPIPE') return;
  const underWay = hasRequest(socket);
  if (underWay && error.code === 'HPE_INVALID_EOF_STATE') return; // hung up in the middle of a body
  const { code } = toProblemError(error);
  const tls = /^ERR_(SSL|TLS)_/.test(error.code ?? '');
  const reason = tls ? 'tls-failed' : code === 'internal' ? 'malformed-http' : code;
  refused.set(socket, reason);
  if (!underWay) audit.refusedConnection({ address: socket.remoteAddress, reason, detail: error.code });
}

/** A request that is refused where there is no reply: CONNECT. */
export function auditRefusedRequest(
  method: string,
  address: string | undefined,
  reason: string,
  { audit, settings }: ServiceContext,
): void {
  if (!audit) return;
  const route = { service: settings.name, replica: audit.journal.writer, method, path: '(unmatched)' };
  const events = new RequestEvents({ ...route, operation: `${method} (unmatched)` });
  const call = { requestId: randomUUID(), address: audit.address(address) };
  const outcome = { status: problemType(reason).status, reason, durationMs: 0 };
  audit.journal.append((sequence, time) => events.outcome(call, outcome, sequence, time), 'queued');
}

const broken = new WeakSet<ServerHttp2Session>();

/**
 * An HTTP/2 session that its client broke; one that ended with its connection was refused by nobody.
 *
 * @returns whose it was
 */
export function auditBrokenSession(
  error: Error & { code?: string },
  session: ServerHttp2Session,
  { audit }: ServiceContext,
): string | undefined {
  const address = addressOf(session);
  if (!audit || broken.has(session) || error.code === 'ECONNRESET' || error.code === 'EPIPE') return address;
  broken.add(session);
  audit.refusedConnection({ address, reason: 'malformed-http', detail: error.code });
  return address;
}

/** The socket of a session may be gone already. */
function addressOf(session: ServerHttp2Session): string | undefined {
  try {
    return session.socket.remoteAddress;
  } catch {
    return undefined;
  }
}

/** Why the connection of a request was ended by us; undefined when its caller hung up. */
export const refusalOf = (socket: Socket): string | undefined => refused.get(socket);

/** Node's parser says which request a socket is in the middle of. */
function hasRequest(socket: Socket): boolean {
  const { parser } = socket as Socket & { parser?: { incoming?: IncomingMessage | null } };
  return parser?.incoming !== undefined && parser.incoming !== null && !parser.incoming.complete;
}
