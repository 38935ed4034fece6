// Two services on one port: the second does not start. So ports come from all descriptors, in step: 8444/8081/9444, then
// 8445/8082/9445, …
import type { ServiceSummary } from './descriptor.reader.ts';
import { RefusalError } from './refusal.error.ts';

/** The three listeners of a service. */
export interface Ports {
  readonly https: number;
  readonly http: number;
  readonly management: number;
}

/** The reference API's; generated services count up from here. */
const FIRST: Ports = { https: 8443, http: 8080, management: 9443 };

// the development identity provider, PostgreSQL, OpenBao, Valkey
const KEPT = [8400, 9400, 5432, 8200, 6379];
const LOWEST = 1024; // below, a process needs privileges
const HIGHEST = 65_535;

/** The first triple that no descriptor uses. */
export function nextPorts(services: readonly ServiceSummary[]): Ports {
  const taken = new Set([...KEPT, ...services.flatMap(({ ports }) => [ports.https, ports.http, ports.management])]);
  for (let step = 1; step < 1000; step++) {
    const ports = { https: FIRST.https + step, http: FIRST.http + step, management: FIRST.management + step };
    if (!Object.values(ports).some((port) => taken.has(port))) return ports;
  }
  throw new RefusalError('there is no free port left', 'Give --https-port, --http-port and --management-port.');
}

/**
 * Checks one port that somebody chose.
 * @param others ports given to the new service's other listeners
 * @throws RefusalError naming who uses it
 */
export function checkPort(flag: string, text: string, services: readonly ServiceSummary[], others: number[]): number {
  const port = Number(text);
  if (!/^[0-9]{1,5}$/.test(text) || port < LOWEST || port > HIGHEST) {
    throw new RefusalError(
      `--${flag} ${JSON.stringify(text)} is not a port`,
      `Give a number from ${LOWEST} to ${HIGHEST}.`,
    );
  }
  const owner = services.find(({ ports }) => Object.values(ports).includes(port));
  if (owner)
    throw new RefusalError(`port ${port} (--${flag}) belongs to ${owner.name}`, 'Leave the flag out for a free one.');
  if (KEPT.includes(port) || Object.values(FIRST).includes(port)) {
    throw new RefusalError(`port ${port} (--${flag}) is kept for the workspace`, 'Leave the flag out for a free one.');
  }
  if (others.includes(port)) {
    throw new RefusalError(`port ${port} (--${flag}) is given twice`, 'A service needs three different ports.');
  }
  return port;
}
