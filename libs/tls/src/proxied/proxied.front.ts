// The listener behind a balancer that ends TLS: connections of listed addresses only, each with a PROXY header that says that its client
// spoke TLS. Everything else is closed unread: otherwise anybody who reaches the port could name any address as their own.
import { createServer, type Server, type Socket } from 'node:net';
import { Server as TlsServer, type TLSSocket } from 'node:tls';
import type { ProxiedOptions } from '../tls.options.ts';
import { addressList } from './address.list.ts';
import { readProxyHeader, type ProxyHeader } from './proxy.header.ts';

/** What the front tells about a connection that it closed. */
export interface RefusedConnection {
  readonly address?: string;
  readonly reason: string;
}

/**
 * Makes the server that listens in place of `target` and hands connections over to it: an HTTPS server, or with
 * `insecurePlainHop` a plain HTTP server. Its sockets then have the client's address.
 *
 * @throws TlsError for a list of everybody
 */
export function createProxiedFront(
  target: Server,
  options: ProxiedOptions,
  onRefused: (refused: RefusedConnection) => void = () => undefined,
): Server {
  const isListed = addressList(options.from);
  const clients = new Map<string, ProxyHeader['client']>();
  target.on('secureConnection', (socket: TLSSocket) => {
    const client = clients.get(peerOf(socket));
    if (client) showAs(socket, client);
  });
  const front = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    const refuse = (reason: string) => {
      onRefused({ address: socket.remoteAddress, reason });
      socket.destroy();
    };
    socket.on('error', () => socket.destroy());
    if (!isListed(socket.remoteAddress)) return refuse('it is not a listed balancer');
    if (options.protocol === 'forwarded') return handOver(socket, target);
    takeHeader(socket, options.headerTimeoutMs, refuse, ({ client, encrypted }) => {
      if (client && !encrypted) return refuse('its client did not speak TLS with the balancer');
      if (client) {
        const peer = peerOf(socket);
        clients.set(peer, client);
        socket.once('close', () => clients.delete(peer));
        showAs(socket, client);
      }
      handOver(socket, target);
    });
  });
  // Node's HTTP servers begin to cut slow clients when they listen, and stop when they close; this one never does either itself.
  front.on('listening', () => target.emit('listening')).on('close', () => target.close());
  if (target.maxConnections) front.maxConnections = target.maxConnections;
  return front;
}

function takeHeader(
  socket: Socket,
  timeoutMs: number,
  refuse: (reason: string) => void,
  take: (header: ProxyHeader) => void,
): void {
  let bytes: Buffer = Buffer.alloc(0);
  const timer = setTimeout(() => refuse('it sent no PROXY header in time'), timeoutMs);
  const onData = (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    let header: ProxyHeader | undefined;
    try {
      header = readProxyHeader(bytes);
    } catch (error) {
      stop();
      return refuse((error as Error).message);
    }
    if (!header) return;
    stop();
    socket.pause();
    if (bytes.length > header.length) socket.unshift(bytes.subarray(header.length));
    take(header);
  };
  const stop = () => {
    clearTimeout(timer);
    socket.off('data', onData).off('close', stop);
  };
  socket.on('data', onData).once('close', stop).resume();
}

/** A TLS server takes over what was read already; a plain HTTP server waits for it to flow. */
function handOver(socket: Socket, target: Server): void {
  target.emit('connection', socket);
  if (!(target instanceof TlsServer)) socket.resume();
}

/** As the operating system sees it, before {@link showAs}. */
const peerOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;

function showAs(socket: Socket, { address, port }: NonNullable<ProxyHeader['client']>): void {
  const family = address.includes(':') ? 'IPv6' : 'IPv4';
  Object.defineProperties(socket, {
    remoteAddress: { value: address },
    remotePort: { value: port },
    remoteFamily: { value: family },
    encrypted: { value: true, configurable: true },
  });
}
