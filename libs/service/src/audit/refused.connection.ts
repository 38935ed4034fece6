// Events of what never became a request: bytes that are no HTTP, handshakes that failed. Exactly one for each connection, and none where
// a request is under way, which has its own.
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { toProblemError } from '@gatehouse/problem-details';
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

/** Why the connection of a request was ended by us; undefined when its caller hung up. */
export const refusalOf = (socket: Socket): string | undefined => refused.get(socket);

/** Node's parser says which request a socket is in the middle of. */
function hasRequest(socket: Socket): boolean {
  const { parser } = socket as Socket & { parser?: { incoming?: IncomingMessage | null } };
  return parser?.incoming !== undefined && parser.incoming !== null && !parser.incoming.complete;
}
