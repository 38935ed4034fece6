// What people are told. One incident groups the alerts about one subject.
import type { RuleName } from '../detection.options.ts';
import type { Severity } from '../rules/rule.facts.ts';
import type { Subject } from '../rules/rule.ts';

export interface Alert {
  readonly id: string;
  /** The same for every alert about this subject while it goes on. */
  readonly incident: string;
  readonly rule: RuleName | 'alertStorm';
  readonly title: string;
  readonly severity: Severity;
  readonly technique?: { readonly uid: string; readonly name: string };
  readonly subject: Subject;
  readonly message: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly firstSeenAt: number;
  /** How often the rule has said so of this subject: what came in the quiet time is in it. */
  readonly count: number;
  readonly evidence: Readonly<Record<string, string | number>>;
  /** Of the request that was the last straw. */
  readonly request?: { readonly address: string; readonly id?: string; readonly route?: string };
}
