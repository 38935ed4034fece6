// Which events the other replicas have to know: those that rules count. Of an ordinary request only that a credential, or an
// administrator, is somewhere new; how much a principal asks for is each replica's own to judge.
import { networkOf } from '../address.group.ts';
import { isScannerAgent } from '../rules/scanner.signs.ts';
import { BoundedMap } from '../state/bounded.map.ts';
import type { RequestEvent, TrafficEvent } from '../traffic.event.ts';
import type { SharedEvent } from './replica.message.ts';

const SUSPICIOUS = new Set([400, 403, 404, 405, 429]);
/** A credential is told again where it was after this time, in milliseconds: the rules forget, too. */
const AGAIN_MS = 600_000;

/** @param maxKeys credentials that are remembered */
export function worthTelling(maxKeys: number): (event: TrafficEvent) => SharedEvent | undefined {
  const places = new BoundedMap<{ network: string; at: number }>(maxKeys);
  const isElsewhere = ({ credential, principal, address, at }: RequestEvent): boolean => {
    const who = credential ?? principal;
    if (who === undefined) return false;
    const { family, network } = networkOf(address);
    const key = `${family} ${who}`;
    const last = places.get(key);
    if (last?.network === network && at - last.at < AGAIN_MS) return false;
    places.set(key, { network, at });
    return true;
  };
  return (event) => {
    if (event.kind === 'safeguard-failed') return undefined; // each replica has its own
    if (event.kind !== 'request') return event;
    const tells = event.refused !== undefined || SUSPICIOUS.has(event.status) || isScannerAgent(event.agent);
    return tells || isElsewhere(event) ? short(event) : undefined;
  };
}

/** Without what stays in the process, and no longer than a message may be. */
function short({ apiKey: _, path, agent, method, principal, credential, ...event }: RequestEvent): SharedEvent {
  return {
    ...event,
    method: method.slice(0, 16),
    path: path.slice(0, 256),
    agent: agent?.slice(0, 128),
    principal: principal?.slice(0, 512),
    credential: credential?.slice(0, 512),
  };
}
