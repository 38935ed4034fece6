// The same thing is told once: repetitions are counted until it has been quiet long enough, alerts about one subject share an
// incident, and an attack from everywhere becomes one alert that says so.
import { randomUUID } from 'node:crypto';
import type { DetectionSettings, RuleName } from '../detection.options.ts';
import { RULE_FACTS } from '../rules/rule.facts.ts';
import type { Signal, Subject } from '../rules/rule.ts';
import { BoundedMap } from '../state/bounded.map.ts';
import type { TrafficEvent } from '../traffic.event.ts';
import type { Alert } from './alert.ts';

/** How long an incident waits for its next alert, in milliseconds. */
const INCIDENT_MS = 30 * 60_000;
const MINUTE_MS = 60_000;

interface Told {
  firstSeenAt: number;
  quietUntil: number;
  count: number;
}

/** See the head of the file. */
export class AlertBook {
  /** Signals that became no alert of their own. */
  suppressed = 0;
  private readonly told: BoundedMap<Told>;
  private readonly incidents: BoundedMap<{ id: string; lastAt: number }>;
  private minute = -Infinity;
  private inMinute = 0;

  constructor(private readonly settings: Pick<DetectionSettings, 'quietSeconds' | 'maxAlertsPerMinute' | 'maxKeys'>) {
    this.told = new BoundedMap(settings.maxKeys);
    this.incidents = new BoundedMap(settings.maxKeys);
  }

  /** @returns the alert, unless it was told not long ago */
  take(rule: RuleName, signal: Signal, event: TrafficEvent): Alert | undefined {
    const { at } = event;
    const key = `${rule} ${subjectKey(signal.subject)}`;
    const told = this.told.at(key, () => ({ firstSeenAt: at, quietUntil: -Infinity, count: 0 }));
    if (at > told.quietUntil + INCIDENT_MS) Object.assign(told, { firstSeenAt: at, count: 0 });
    told.count += 1;
    if (at < told.quietUntil) return this.suppress();
    told.quietUntil = at + this.settings.quietSeconds * 1_000;
    const room = this.roomFor(at);
    if (room === 'none') return this.suppress();
    if (room === 'last') return this.storm(at);
    return {
      id: randomUUID(),
      incident: this.incidentOf(signal.subject, at),
      rule,
      ...RULE_FACTS[rule],
      subject: signal.subject,
      message: signal.message,
      at,
      firstSeenAt: told.firstSeenAt,
      count: told.count,
      evidence: signal.evidence ?? {},
      request: requestOf(event),
    };
  }

  /** The incident of a subject is one that somebody else began. */
  adopt(subject: string, id: string, at: number): void {
    this.incidents.set(subject, { id, lastAt: at });
  }

  private suppress(): undefined {
    this.suppressed += 1;
    return undefined;
  }

  private roomFor(at: number): 'some' | 'last' | 'none' {
    if (at - this.minute >= MINUTE_MS) {
      this.minute = at;
      this.inMinute = 0;
    }
    this.inMinute += 1;
    const left = this.settings.maxAlertsPerMinute - this.inMinute;
    return left > 0 ? 'some' : left === 0 ? 'last' : 'none';
  }

  private storm(at: number): Alert {
    const subject: Subject = { kind: 'service', id: 'detection' };
    return {
      id: randomUUID(),
      incident: this.incidentOf(subject, at),
      rule: 'alertStorm',
      title: 'More alerts than are told',
      severity: 'critical',
      subject,
      message: `More than ${this.settings.maxAlertsPerMinute} alerts a minute: an attack from many places. The metrics count on.`,
      at,
      firstSeenAt: at,
      count: 1,
      evidence: { maxAlertsPerMinute: this.settings.maxAlertsPerMinute },
    };
  }

  private incidentOf(subject: Subject, at: number): string {
    const incident = this.incidents.at(subjectKey(subject), () => ({ id: randomUUID(), lastAt: at }));
    if (at - incident.lastAt > INCIDENT_MS) incident.id = randomUUID();
    incident.lastAt = at;
    return incident.id;
  }
}

/** An account at an address is part of what that address does. */
export const subjectKey = ({ kind, id }: Subject): string =>
  `${kind} ${kind === 'address' ? id.split(' on ', 1)[0] : id}`;

function requestOf(event: TrafficEvent): Alert['request'] {
  if (event.kind === 'safeguard-failed') return undefined;
  const { address } = event;
  if (event.kind !== 'request') return { address };
  return { address, id: event.requestId, route: event.route };
}
