// What secrets, certificates and limits tell of themselves goes to the log and the metrics, and, when somebody has to act, to the
// detector: a safeguard that has failed is the first thing that an attacker would want. They are opened before there is a detector.
import type { Detector, FailureEvent } from '@gatehouse/detection';
import type { Logger, Metrics } from '@gatehouse/observability';

interface SafeguardEvent {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
}

/** See the head of the file. */
export class SafeguardEvents {
  private detector?: Detector;
  private readonly counts = new Map<string, { safeguard: string; level: string; count: number }>();

  constructor(private readonly log: Logger) {}

  watch(detector: Detector, metrics: Metrics): void {
    this.detector = detector;
    metrics.observe({
      type: 'counter',
      name: 'gatehouse_safeguard_events_total',
      help: 'What secrets, certificates and limits told of themselves; the log has the words.',
      labels: ['safeguard', 'level'],
      read: () => [...this.counts.values()].map(({ count, ...labels }) => [labels, count]),
    });
  }

  /** The listener for the events of a safeguard. */
  told(safeguard: FailureEvent['safeguard']): (event: SafeguardEvent) => void {
    const [warnings, errors] = [this.counter(safeguard, 'warn'), this.counter(safeguard, 'error')];
    return ({ message, level, ...event }) => {
      this.log[level](event, message);
      if (level === 'warn') warnings.count += 1;
      if (level !== 'error') return;
      errors.count += 1;
      this.detector?.observe({ kind: 'safeguard-failed', at: Date.now(), safeguard, what: message });
    };
  }

  /** There from the start, so that the first event is an increase. */
  private counter(safeguard: string, level: string): { count: number } {
    const key = `${safeguard} ${level}`;
    const known = this.counts.get(key) ?? { safeguard, level, count: 0 };
    this.counts.set(key, known);
    return known;
  }
}
