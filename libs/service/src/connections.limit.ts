// How many connections one address may hold: a few clients that open all there are would shut everybody else out (ASVS 5.0 V15.2.2).
// The table cannot outgrow the connections that are open.
import type { Server, Socket } from 'node:net';
import { compile } from '@fastify/proxy-addr';
import type { refusedConnections } from './metrics/connection.metrics.ts';
import type { ServiceContext } from './step.ts';

/** Closes a connection too many before it costs a handshake. Listed proxies carry many callers, and are not counted. */
export function limitConnections(
  server: Server,
  { settings, limits, log, identifiers }: ServiceContext,
  told: ReturnType<typeof refusedConnections>,
): void {
  const { maxConnectionsPerAddress } = settings.limits;
  const isProxy = compile([...settings.trustedProxies, ...(settings.tls.proxied?.from ?? [])]);
  const open = new Map<string, number>();
  let refused = 0;
  server.prependListener('connection', (socket: Socket) => {
    const { remoteAddress } = socket;
    if (!remoteAddress || isProxy(remoteAddress, 0)) return;
    const key = limits.addressKey(remoteAddress);
    const count = open.get(key) ?? 0;
    if (count >= maxConnectionsPerAddress) {
      told({ code: 'TOO_MANY_OF_ONE_ADDRESS' });
      if (refused++ % 1_000 === 0)
        log.warn({ address: identifiers.of(key), refused }, 'too many connections of one address');
      return void socket.destroy();
    }
    open.set(key, count + 1);
    socket.once('close', () => {
      const left = (open.get(key) ?? 1) - 1;
      if (left === 0) open.delete(key);
      else open.set(key, left);
    });
  });
}
