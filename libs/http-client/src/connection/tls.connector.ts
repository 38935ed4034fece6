// Opens a connection: resolve, judge every address, connect to those and no others, verify the certificate, the name and the pins, and
// only then hand the socket over. A request is written after that, so that a wrong host sees a handshake and nothing else.
import {
  checkServerIdentity,
  connect,
  type ConnectionOptions,
  type DetailedPeerCertificate,
  type TLSSocket,
} from 'node:tls';
import { isIP, isIPv6 } from 'node:net';
import type { LookupFunction } from 'node:net';
import type { buildConnector } from 'undici';
import { policyOptions } from '@gatehouse/tls';
import { refuseAddress, resolveAllowed, type AllowedHost, type Resolve } from '../egress/allowed.host.ts';
import { TimedOutError } from '../http-client.error.ts';
import type { HostPins } from '../pins/host.pins.ts';
import { connectionError } from './connection.errors.ts';
import type { CurrentIdentity } from './client.identity.ts';

export interface ConnectorContext {
  readonly host: AllowedHost;
  readonly pins: HostPins;
  readonly ca: string | string[] | undefined;
  readonly identity: CurrentIdentity;
  readonly connectMs: number;
  readonly resolve: Resolve | undefined;
  readonly now: () => number;
  readonly onConnect: (socket: TLSSocket) => void;
}

const { minVersion, maxVersion, ciphers, ecdhCurve } = policyOptions({});

/** What undici asks for connections. Sessions are never resumed: a resumed one would skip the pins. */
export function tlsConnector(context: ConnectorContext): buildConnector.connector {
  return (_options, callback) => {
    openSocket(context).then(
      (socket) => callback(null, socket),
      (error: Error) => callback(error, null),
    );
  };
}

async function openSocket(context: ConnectorContext): Promise<TLSSocket> {
  const { host, connectMs } = context;
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(new TimedOutError(host.key, 'connect', connectMs)), connectMs);
  try {
    const prepared = Promise.all([
      resolveAllowed(host, context.resolve),
      host.mutualTls ? context.identity() : undefined,
    ]);
    const [addresses, identity] = await unlessAborted(prepared, deadline.signal);
    const socket = connect(socketOptions(context, addresses, identity));
    await unlessAborted(secured(socket, host), deadline.signal).catch((error: unknown) => {
      socket.on('error', () => undefined).destroy();
      throw error;
    });
    context.onConnect(socket);
    return socket;
  } finally {
    clearTimeout(timer);
  }
}

function socketOptions(
  { host, ca, pins, now }: ConnectorContext,
  addresses: readonly string[],
  identity: { cert: string; key: string } | undefined,
): ConnectionOptions {
  return {
    ...{ minVersion, maxVersion, ciphers, ecdhCurve, ca },
    ...(identity ? { cert: identity.cert, key: identity.key } : {}),
    host: host.hostname,
    port: host.port,
    servername: isIP(host.hostname) ? undefined : host.hostname,
    lookup: fixedLookup(addresses),
    ALPNProtocols: ['http/1.1'],
    // Said aloud: NODE_TLS_REJECT_UNAUTHORIZED=0 changes the default.
    rejectUnauthorized: true,
    checkServerIdentity: (_name, peer) =>
      checkServerIdentity(host.hostname, peer) ?? pins.refusal(peer as DetailedPeerCertificate, now()),
  };
}

/** Answers with what was judged, whoever asks. */
function fixedLookup(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_hostname, options, callback) => {
    const [first] = all;
    if (options.all) callback(null, all);
    else callback(null, first?.address ?? '', first?.family);
  };
}

function secured(socket: TLSSocket, host: AllowedHost): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(connectionError(host.key, error));
    const gone = () => fail(new Error('the connection was closed'));
    socket.once('error', fail).once('close', gone);
    socket.once('secureConnect', () => {
      try {
        refuseAddress(host, socket.remoteAddress);
        if (!socket.authorized) throw connectionError(host.key, socket.authorizationError ?? new Error('not verified'));
        socket.disableRenegotiation();
        socket.setNoDelay(true).setKeepAlive(true, 60_000);
        socket.off('error', fail).off('close', gone);
        resolve();
      } catch (error) {
        reject(error as Error);
      }
    });
  });
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
