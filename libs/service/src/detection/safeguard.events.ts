// What secrets and certificates tell of themselves goes to the log, and, when somebody has to act, to the detector: a safeguard that
// has failed is the first thing that an attacker would want. They are opened before there is a detector.
import type { Detector, FailureEvent } from '@gatehouse/detection';
import type { Logger } from '@gatehouse/observability';

interface SafeguardEvent {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}

/** See the head of the file. */
export class SafeguardEvents {
  private detector?: Detector;

  constructor(private readonly log: Logger) {}

  watch(detector: Detector): void {
    this.detector = detector;
  }

  /** The listener for the events of a safeguard. */
  told(safeguard: FailureEvent['safeguard']): (event: SafeguardEvent) => void {
    return ({ message, level, ...event }) => {
      this.log[level](event, message);
      if (level !== 'error') return;
      this.detector?.observe({ kind: 'safeguard-failed', at: Date.now(), safeguard, what: message });
    };
  }
}
