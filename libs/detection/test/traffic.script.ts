// Traffic as events with times of their own: half an hour passes in a second, the same each time.
import { Detector, type Alert, type DetectionOptions, type RequestEvent, type TrafficEvent } from '../src/index.ts';

/** When scripted time begins. */
export const BEGIN = Date.UTC(2026, 0, 5, 9, 0, 0);

/** A detector with the alerts that it made. */
export function watched(
  options: DetectionOptions = {},
  identify?: (address: string) => string,
): { detector: Detector; alerts: Alert[] } {
  const alerts: Alert[] = [];
  return { detector: new Detector(options, (alert) => alerts.push(alert), { identify }), alerts };
}

/** A request, ordinary but for what is given; `seconds` after {@link BEGIN}. */
export function request(seconds: number, given: Partial<RequestEvent> = {}): RequestEvent {
  return {
    kind: 'request',
    at: BEGIN + seconds * 1_000,
    address: '203.0.113.7',
    method: 'GET',
    route: '/v1/accounts/:id',
    path: '/v1/accounts/1',
    status: 200,
    agent: 'ledger-app/2.1',
    ...given,
  };
}

/** Seconds from the first event until the rule alerted; undefined when it never did. */
export function secondsUntil(
  rule: string,
  events: readonly TrafficEvent[],
  options: DetectionOptions = {},
): number | undefined {
  const { detector, alerts } = watched(options);
  for (const event of events) detector.observe(event);
  const alert = alerts.find((candidate) => candidate.rule === rule);
  return alert && (alert.at - (events[0]?.at ?? 0)) / 1_000;
}

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** `count` events, so many a second. */
export function every<T>(count: number, perSecond: number, make: (index: number, seconds: number) => T): T[] {
  return Array.from({ length: count }, (_, index) => make(index, index / perSecond));
}
