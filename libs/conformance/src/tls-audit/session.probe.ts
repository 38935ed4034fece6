// What a real client gets: resumption, renegotiation and ALPN need a finished handshake, so Node's own client asks.
import { once } from 'node:events';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { probingTls } from '../client/http.client.ts';
import type { Target } from '../target.ts';

/** How long a server gets to hand out a ticket or to answer a renegotiation, milliseconds. */
const PATIENCE_MS = 1_500;

/** A finished handshake; undefined when the server refuses it. */
async function open(target: Target, options: ConnectionOptions): Promise<TLSSocket | undefined> {
  const { host, port, timeoutMs } = target.endpoint;
  const socket = connect({ ...probingTls(host), checkServerIdentity: () => undefined, host, port, ...options });
  socket.on('error', () => undefined);
  const opened = await Promise.race([
    once(socket, 'secureConnect').then(() => true),
    new Promise<false>((resolve) => void socket.once('close', () => resolve(false))),
    pause(timeoutMs).then(() => false as const),
  ]).catch(() => false);
  if (opened) return socket;
  socket.destroy();
  return undefined;
}

/** The protocol that the server picks by ALPN: a name, `none` when it goes on without, undefined when it refuses. */
export async function alpnChoice(target: Target, protocol: string): Promise<string | undefined> {
  const socket = await open(target, { ALPNProtocols: [protocol] });
  if (!socket) return undefined;
  // a TLS 1.3 client is done before the server may refuse
  const refused = await Promise.race([
    once(socket, 'close').then(
      () => true,
      () => true,
    ),
    pause(100).then(() => false),
  ]);
  const choice = socket.alpnProtocol;
  socket.destroy();
  if (refused && choice !== protocol) return undefined;
  return choice === false || choice === null ? 'none' : choice;
}

/** Whether a second handshake resumes the first; undefined when the version is not spoken. */
export async function resumes(target: Target, version: 'TLSv1.2' | 'TLSv1.3'): Promise<boolean | undefined> {
  const only = { minVersion: version, maxVersion: version } as const;
  const first = await open(target, only);
  if (!first) return undefined;
  const session = await sessionOf(first, version);
  first.destroy();
  if (!session) return false;
  const second = await open(target, { ...only, session });
  const reused = second?.isSessionReused() ?? false;
  second?.destroy();
  return reused;
}

/** More handshakes than any server that bounds them lets pass (Node: 3 in ten minutes). */
export const MANY_RENEGOTIATIONS = 10;

/** How many handshakes the client may start on one connection, at most as many as are tried; undefined without TLS 1.2. */
export async function renegotiations(target: Target): Promise<number | undefined> {
  const socket = await open(target, { minVersion: 'TLSv1', maxVersion: 'TLSv1.2' });
  if (!socket) return undefined;
  socket.setMaxListeners(MANY_RENEGOTIATIONS * 2);
  let accepted = 0;
  while (accepted < MANY_RENEGOTIATIONS && (await renegotiate(socket))) accepted += 1;
  socket.destroy();
  return accepted;
}

function renegotiate(socket: TLSSocket): Promise<boolean> {
  const done = new Promise<boolean>((resolve) => {
    socket.once('close', () => resolve(false));
    const started = socket.renegotiate({ rejectUnauthorized: false }, (error) => resolve(!error));
    if (!started) resolve(false);
  });
  return Promise.race([done, pause(PATIENCE_MS).then(() => false)]);
}

async function sessionOf(socket: TLSSocket, version: string): Promise<Buffer | undefined> {
  if (version === 'TLSv1.2') return socket.getSession();
  // TLS 1.3 hands out its tickets after the handshake, some servers only with their first answer
  socket.resume();
  socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  const ticket = once(socket, 'session').then(([session]) => session as Buffer);
  return Promise.race([ticket, pause(PATIENCE_MS).then(() => undefined)]).catch(() => undefined);
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
