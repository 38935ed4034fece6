// A rule sees every event and says what is suspicious; who is told, and how often, is not its business.
import type { TrafficEvent } from '../traffic.event.ts';

/** Whom an alert is about. */
export interface Subject {
  readonly kind: 'address' | 'principal' | 'account' | 'credential' | 'service';
  readonly id: string;
}

/** What a rule says. */
export interface Signal {
  readonly subject: Subject;
  /** What was seen, for a person: numbers and names of ours. */
  readonly message: string;
  readonly evidence?: Readonly<Record<string, string | number>>;
}

/** A rule with its state. */
export interface Rule {
  observe(event: TrafficEvent): Signal | undefined;
  /** Callers that it remembers. */
  size(): number;
}
