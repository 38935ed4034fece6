// What a check is: one control, seen on the wire of a running service. A check reports findings, or says why it could
// not look (`skip`); anything else that it throws is an error, and an error is never a pass.
import type { Target } from './target.ts';

/** How bad a finding is; the exit code of `gatehouse conform` follows the worst one. */
export type Severity = 'critical' | 'high' | 'medium' | 'low';

export const SEVERITIES: readonly Severity[] = ['critical', 'high', 'medium', 'low'];

/** One thing that was seen to be wrong. */
export interface Finding {
  /** What was seen, in one sentence; never a secret. */
  readonly message: string;
  /** The bytes or the answer that prove it, shortened. */
  readonly evidence?: string;
  /** When it differs from the severity of the check. */
  readonly severity?: Severity;
}

/** One control as a test on a live service. */
export interface Check {
  /** Stable, kebab-case; `--only` takes it. */
  readonly id: string;
  readonly title: string;
  /** ASVS 5.0 requirement, OWASP API Security Top 10:2023 entry, or RFC section. */
  readonly control: readonly string[];
  readonly severity: Severity;
  /** What the owner of the service does about it. */
  readonly remedy: string;
  /**
   * Whether it runs only where the suite is told how to start the service. `command`: the check starts it, each time with something
   * wrong. `process`: it looks at {@link Target.process}, in the order of the list: the slow ones beside the others, one at a time each.
   */
  readonly needs?: 'command' | 'process';
  /** It would disturb the others, so it runs when they are done. */
  readonly alone?: boolean;
  /** It waits for a time-out of the service, or for it to notice something, so it starts first. */
  readonly slow?: boolean;
  /**
   * @param note says what belongs in the report though nothing is wrong: what was exempt, what could not be proved
   * @throws {SkippedError} through {@link skip}, when the check has nothing to look at
   */
  run(target: Target, note: (text: string) => void): Promise<Finding[]>;
}

/** Thrown by {@link skip}; the report shows the reason. */
export class SkippedError extends Error {
  override readonly name = 'SkippedError';
}

/** Ends a check that cannot look; the reason is shown, so that nothing is passed over in silence. */
export function skip(reason: string): never {
  throw new SkippedError(reason);
}

/** -1 when `a` is worse than `b`. */
export function compareSeverity(a: Severity, b: Severity): number {
  return Math.sign(SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b));
}
