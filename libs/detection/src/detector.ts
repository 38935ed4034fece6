// The rules on the stream of events. In the process, with bounded memory, and without a clock of its own: an event says when it was.
import type { BlockList } from 'node:net';
import { addressList, isListed } from './address.list.ts';
import { AlertBook } from './alert/alert.book.ts';
import type { Alert } from './alert/alert.ts';
import { disguised } from './alert/disguised.alert.ts';
import {
  type DetectionOptions,
  detectionOptionsSchema,
  type DetectionSettings,
  type RuleName,
} from './detection.options.ts';
import { Responses, type Verdict } from './responses.ts';
import { rulesInForce } from './rules/index.ts';
import type { Rule } from './rules/rule.ts';
import type { TrafficEvent } from './traffic.event.ts';

/** Alerts that are kept to be shown. */
const RECENT = 100;

/** How the detector fares. */
export interface DetectorStatus {
  readonly events: number;
  /** Rules that threw: a fault of ours. */
  readonly failures: number;
  readonly suppressed: number;
  readonly remembered: Readonly<Partial<Record<RuleName, number>>>;
  readonly responding: Readonly<Record<'blocked' | 'slowed', number>>;
}

/**
 * See the head of the file.
 *
 * @example
 * const detector = new Detector({}, (alert) => log.warn(alert, alert.title));
 * detector.observe({ kind: 'request', at: Date.now(), address: '192.0.2.1', method: 'GET', path: '/.env', status: 404 });
 */
export class Detector {
  readonly settings: DetectionSettings;
  private readonly rules: readonly (readonly [RuleName, Rule])[];
  private readonly book: AlertBook;
  private readonly responses: Responses;
  private readonly ignored: BlockList;
  private readonly kept: Alert[] = [];
  private events = 0;
  private failures = 0;

  /**
   * @param onAlert told of each alert; must not throw
   * @param identify what stands for an address in alerts; left out, the address
   * @throws ZodError when an option is unknown or malformed
   */
  constructor(
    options: DetectionOptions,
    private readonly onAlert: (alert: Alert) => void,
    private readonly identify: (address: string) => string = (address) => address,
  ) {
    this.settings = detectionOptionsSchema.parse(options);
    this.rules = this.settings.enabled ? rulesInForce(this.settings) : [];
    this.book = new AlertBook(this.settings);
    this.responses = new Responses(this.settings.responses);
    this.ignored = addressList(this.settings.ignore);
  }

  /** Judges an event. Never throws: detection must not cost an answer. */
  observe(event: TrafficEvent): void {
    this.events += 1;
    if (this.settings.ignore.length > 0 && 'address' in event && isListed(this.ignored, event.address)) return;
    for (const [name, rule] of this.rules) {
      try {
        const signal = rule.observe(event);
        if (!signal) continue;
        if ('address' in event) this.responses.react(name, event.address, event.at);
        const alert = this.book.take(name, signal, event);
        if (alert) this.tell(alert);
      } catch {
        this.failures += 1;
      }
    }
  }

  /** What is to be done with a caller now; undefined, as always without `responses`: nothing. */
  verdict(address: string, now: number): Verdict | undefined {
    return this.responses.verdict(address, now);
  }

  /** The last alerts, newest first. */
  recent(): readonly Alert[] {
    return this.kept.toReversed();
  }

  status(): DetectorStatus {
    return {
      events: this.events,
      failures: this.failures,
      suppressed: this.book.suppressed,
      remembered: Object.fromEntries(this.rules.map(([name, rule]) => [name, rule.size()])),
      responding: this.responses.sizes(),
    };
  }

  private tell(found: Alert): void {
    const alert = disguised(found, this.identify);
    this.kept.push(alert);
    if (this.kept.length > RECENT) this.kept.shift();
    this.onAlert(alert);
  }
}
