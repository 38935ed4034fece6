// The rules on the stream of events. In the process, with bounded memory, and without a clock of its own: an event says when it was.
import type { BlockList } from 'node:net';
import { addressList, isListed } from './address.list.ts';
import { AlertBook, subjectKey } from './alert/alert.book.ts';
import type { Alert } from './alert/alert.ts';
import { disguised } from './alert/disguised.alert.ts';
import {
  type DetectionOptions,
  detectionOptionsSchema,
  type DetectionSettings,
  type RuleName,
} from './detection.options.ts';
import { type ResponseKind, Responses, type Verdict } from './responses.ts';
import { rulesInForce } from './rules/index.ts';
import type { Rule } from './rules/rule.ts';
import type { TrafficEvent, UsedApiKey } from './traffic.event.ts';

/** Events come a little out of order, and clocks are put right by seconds. */
const SET_BACK_MS = 60_000;

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

/** What a detector asks and tells besides its alerts. None may throw. */
export interface DetectorHooks {
  /** What stands for an address in alerts; left out, the address. */
  readonly identify?: (address: string) => string;
  /** Told of each event that was seen here. */
  readonly onEvent?: (event: TrafficEvent) => void;
  /** Told of whom a response began to hold, or holds on. */
  readonly onRespond?: (kind: ResponseKind, caller: string, until: number) => void;
  /** Whether it is ours to tell people; left out, it always is. */
  readonly claim?: (what: string, seconds: number) => Promise<boolean>;
  /** Told of the incident that an alert belongs to. */
  readonly onTold?: (subject: string, incident: string, at: number) => void;
  /** Takes an API key back, where a response asks for that. */
  readonly revoke?: (apiKey: UsedApiKey) => void;
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
  private rules: readonly (readonly [RuleName, Rule])[];
  private book: AlertBook;
  readonly responses: Responses;
  private readonly ignored: BlockList;
  private readonly kept: Alert[] = [];
  private events = 0;
  private failures = 0;
  /** Of the newest event that was seen here. */
  private latest = -Infinity;

  /**
   * @param onAlert told of each alert; must not throw
   * @throws ZodError when an option is unknown or malformed
   */
  constructor(
    options: DetectionOptions,
    private readonly onAlert: (alert: Alert) => void,
    private readonly hooks: DetectorHooks = {},
  ) {
    this.settings = detectionOptionsSchema.parse(options);
    this.rules = this.settings.enabled ? rulesInForce(this.settings) : [];
    this.book = new AlertBook(this.settings);
    this.responses = new Responses(this.settings.responses, hooks.onRespond);
    this.ignored = addressList(this.settings.ignore);
  }

  /** Judges an event. Never throws: detection must not cost an answer. */
  observe(event: TrafficEvent, seen: 'here' | 'elsewhere' = 'here'): void {
    this.events += 1;
    if (seen === 'here') this.follow(event.at);
    if (this.settings.ignore.length > 0 && 'address' in event && isListed(this.ignored, event.address)) return;
    if (seen === 'here') this.hooks.onEvent?.(event);
    for (const [name, rule] of this.rules) {
      try {
        const signal = rule.observe(event);
        if (!signal) continue;
        if ('address' in event) this.responses.react(name, event.address, event.at);
        const alert = this.book.take(name, signal, event);
        if (event.kind === 'request' && event.apiKey && this.responses.revokes(name)) this.hooks.revoke?.(event.apiKey);
        if (alert) this.claim(alert);
      } catch {
        this.failures += 1;
      }
    }
  }

  /**
   * A clock that was set back: what was counted lies in the future, where no bucket leaks, no block ends and what was told stays told. It
   * begins anew, rather than to be deaf until then.
   */
  private follow(at: number): void {
    if (at < this.latest - SET_BACK_MS) {
      const { suppressed } = this.book;
      this.rules = this.settings.enabled ? rulesInForce(this.settings) : [];
      this.book = Object.assign(new AlertBook(this.settings), { suppressed });
      this.responses.release();
      this.latest = at;
    } else if (at > this.latest) this.latest = at;
  }

  /** What is to be done with a caller now; undefined, as always without `responses`: nothing. */
  verdict(address: string, now: number): Verdict | undefined {
    return this.responses.verdict(address, now);
  }

  /** Another replica has told people of a subject: what we find of it belongs to the same incident. */
  adoptIncident(subject: string, incident: string, at: number): void {
    this.book.adopt(subject, incident, at);
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

  /** A safeguard is each replica's own, and so is what is told of it. */
  private claim(alert: Alert): void {
    const { claim } = this.hooks;
    if (!claim || alert.rule === 'safeguardFailed') return this.tell(alert);
    void claim(`${alert.rule} ${subjectKey(alert.subject)}`, this.settings.quietSeconds).then((ours) => {
      if (ours) this.tell(alert);
      else this.book.suppressed += 1;
    });
  }

  private tell(found: Alert): void {
    const alert = disguised(found, this.hooks.identify ?? ((address) => address));
    if (found.rule !== 'safeguardFailed') this.hooks.onTold?.(subjectKey(found.subject), found.incident, found.at);
    this.kept.push(alert);
    if (this.kept.length > RECENT) this.kept.shift();
    this.onAlert(alert);
  }
}
