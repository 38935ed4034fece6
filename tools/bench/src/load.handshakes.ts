// Handshakes: each a connection of its own with one request, because a TLS 1.3 ticket only comes after the handshake.
import { connect, type TLSSocket } from 'node:tls';
import type { Handshakes } from './child.protocol.ts';

/** @throws Error when a connection was resumed that should not be, or the other way round: the figure would be of something else */
export async function shakeHands(order: Handshakes): Promise<boolean> {
  const first = await once(order, undefined);
  let left = order.handshakes;
  const one = async (): Promise<void> => {
    let session = order.resumed ? first : undefined;
    while (left-- > 0) {
      const next = await once(order, session);
      session = order.resumed ? next : undefined; // a ticket serves once, as a browser does it
    }
  };
  await Promise.all(Array.from({ length: order.connections }, one));
  return true;
}

function once({ port, ca, path }: Handshakes, session: Buffer | undefined): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    let ticket: Buffer | undefined;
    const socket: TLSSocket = connect(
      {
        host: '127.0.0.1',
        port,
        ca,
        servername: 'localhost',
        minVersion: 'TLSv1.3',
        ALPNProtocols: ['http/1.1'],
        session,
      },
      () => {
        if (socket.isSessionReused() !== (session !== undefined))
          socket.destroy(new Error(session ? 'the session was not resumed' : 'a session was resumed'));
        else socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      },
    );
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer within 5 s')));
    socket.on('session', (bytes) => (ticket = bytes));
    socket
      .on('error', reject)
      .on('close', () => resolve(ticket))
      .resume();
  });
}
