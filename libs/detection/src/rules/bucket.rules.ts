// The rules that count in leaky buckets: one row each, with what counts, for whom, and what is counted once.
import type { DetectionSettings, RuleName, Thresholds } from '../detection.options.ts';
import { callerOf } from '../address.group.ts';
import { BoundedMap } from '../state/bounded.map.ts';
import { LeakyBucket } from '../state/leaky.bucket.ts';
import type { ConnectionEvent, RequestEvent, TrafficEvent } from '../traffic.event.ts';
import type { Rule, Subject } from './rule.ts';
import { isScannerAgent, isScannerPath } from './scanner.signs.ts';

/** Names of the rules whose thresholds are those of a bucket. */
type BucketRuleName = {
  [R in RuleName]: [Thresholds<R>] extends [never] ? never : Thresholds<R> extends { capacity: number } ? R : never;
}[RuleName];

interface BucketRow {
  /** Of whom, when the event counts. */
  readonly of: (event: TrafficEvent) => Subject | false | undefined;
  readonly distinct?: (event: RequestEvent) => string;
  readonly message: string;
}

const NOT_THERE = new Set([400, 403, 404, 405]);

const ROWS: { readonly [R in BucketRuleName]: BucketRow } = {
  bruteForce: {
    of: (event) => refused(event) && { kind: 'address', id: `${callerOf(event.address)} on ${event.refused.account}` },
    message: 'Wrong credentials again and again, from one address for one account.',
  },
  passwordSpraying: {
    of: (event) => refused(event) && byAddress(event),
    distinct: (event) => event.refused?.account ?? '',
    message: 'Wrong credentials for one account after the other, from one address.',
  },
  scannerPath: {
    of: (event) => isRequest(event) && isScannerPath(event.path) && byAddress(event),
    distinct: (event) => event.path,
    message: 'Paths that only scanners ask for.',
  },
  scannerAgent: {
    of: (event) => isRequest(event) && isScannerAgent(event.agent) && byAddress(event),
    message: 'The agent names itself as an attack tool.',
  },
  probing: {
    of: (event) => isRequest(event) && event.route === undefined && NOT_THERE.has(event.status) && byCaller(event),
    distinct: (event) => event.path,
    message: 'One path without a route after the other.',
  },
  objectProbing: {
    of: (event) =>
      isRequest(event) &&
      event.route !== undefined &&
      (event.status === 403 || event.status === 404) &&
      byCaller(event),
    distinct: (event) => `${event.method} ${event.path}`,
    message: 'One object after the other that is not there, or not theirs.',
  },
  limitPressure: {
    of: (event) => isRequest(event) && event.status === 429 && byCaller(event),
    message: 'Goes on although it is refused for its rate.',
  },
  connectionAbuse: {
    of: (event) => event.kind === 'connection-refused' && byAddress(event),
    message: 'Connections that fail before they are a request.',
  },
};

/** The bucket rules that are on. */
export function bucketRules({ rules, maxKeys }: DetectionSettings): Partial<Record<RuleName, Rule>> {
  const on = Object.entries(ROWS).flatMap(([name, row]) => {
    const thresholds = rules[name as BucketRuleName];
    return thresholds === false ? [] : [[name, bucketRule(row, thresholds, maxKeys)] as const];
  });
  return Object.fromEntries(on);
}

function bucketRule(
  row: BucketRow,
  { capacity, leakSeconds }: { capacity: number; leakSeconds: number },
  maxKeys: number,
): Rule {
  const buckets = new BoundedMap<LeakyBucket>(maxKeys);
  return {
    size: () => buckets.size,
    observe(event) {
      const subject = row.of(event);
      if (!subject) return undefined;
      const distinct = row.distinct?.(event as RequestEvent).slice(0, 128);
      const bucket = buckets.at(`${subject.kind} ${subject.id}`, () => new LeakyBucket());
      if (!bucket.pour(event.at, capacity, leakSeconds, distinct)) return undefined;
      return { subject, message: row.message, evidence: { moreThan: capacity, leakSeconds } };
    },
  };
}

const isRequest = (event: TrafficEvent): event is RequestEvent => event.kind === 'request';

const refused = (event: TrafficEvent): event is RequestEvent & Required<Pick<RequestEvent, 'refused'>> =>
  event.kind === 'request' && event.refused !== undefined;

const byAddress = ({ address }: RequestEvent | ConnectionEvent): Subject => ({
  kind: 'address',
  id: callerOf(address),
});

/** The principal where there is one: many people may share an address. */
const byCaller = (event: RequestEvent): Subject =>
  event.principal === undefined ? byAddress(event) : { kind: 'principal', id: event.principal };
