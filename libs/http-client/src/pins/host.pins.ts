// The pins of a host and what they say of a chain. They may be replaced while calls run: each new connection asks for those of its moment.
import type { DetailedPeerCertificate } from 'node:tls';
import { PinMismatchError } from '../http-client.error.ts';
import type { EmitHttpClientEvent } from '../http-client.event.ts';
import type { PinsOptions } from '../http-client.options.ts';
import { pinOfKey, vouchedChain } from './spki.pin.ts';

const DAY_MS = 86_400_000;
const WARN_MS = 30 * DAY_MS;

/** What is known of the pins of a host. */
export interface PinsSnapshot {
  /** ISO 8601. */
  readonly expiresAt: string;
  /** Negative when they have expired. */
  readonly remainingSeconds: number;
  readonly reportOnly: boolean;
  /** Connections whose chain had none of the keys. */
  readonly mismatches: number;
  /** Which pin the last connection matched: when it is the backup, order a new backup. */
  readonly lastMatch?: string;
}

export class HostPins {
  #pins: PinsOptions | undefined;
  #mismatches = 0;
  #lastMatch: string | undefined;
  #warnedAt = 0;

  constructor(
    private readonly host: string,
    pins: PinsOptions | undefined,
    private readonly emit: EmitHttpClientEvent,
  ) {
    this.#pins = pins;
  }

  replace(pins: PinsOptions): void {
    this.#pins = pins;
    this.#lastMatch = undefined;
    this.#warnedAt = 0;
  }

  /** What refuses a peer whose certificate TLS has verified; undefined when nothing does. `now` in milliseconds since the epoch. */
  refusal(peer: DetailedPeerCertificate, now: number): PinMismatchError | undefined {
    const pins = this.#pins;
    if (!pins) return undefined;
    const remaining = Date.parse(pins.expiresAt) - now;
    this.#warn(remaining, now);
    if (remaining <= 0) return pins.insecureAfterExpiry || pins.reportOnly ? undefined : this.#expired(pins);
    const found = vouchedChain(peer).map(({ publicKey }) => pinOfKey(publicKey));
    const match = found.find((pin) => pins.spki.includes(pin));
    if (match !== undefined) {
      this.#lastMatch = match;
      return undefined;
    }
    this.#mismatches += 1;
    const error = new PinMismatchError(
      this.host,
      `its chain has none of the pinned keys (it has ${found.join(', ')})`,
      'if its operator changed keys, take over the new pins by another way than this connection; else somebody is in between',
    );
    this.emit({
      type: 'pin-mismatch',
      level: pins.reportOnly ? 'warn' : 'error',
      host: this.host,
      message: error.message,
    });
    return pins.reportOnly ? undefined : error;
  }

  snapshot(now: number): PinsSnapshot | undefined {
    if (!this.#pins) return undefined;
    const { expiresAt, reportOnly } = this.#pins;
    return {
      expiresAt,
      remainingSeconds: Math.round((Date.parse(expiresAt) - now) / 1_000),
      reportOnly,
      mismatches: this.#mismatches,
      lastMatch: this.#lastMatch,
    };
  }

  #warn(remaining: number, now: number): void {
    if (remaining > WARN_MS || now - this.#warnedAt < DAY_MS) return;
    this.#warnedAt = now;
    const over = remaining <= 0;
    this.emit({
      type: over ? 'pins-expired' : 'pins-expiring',
      level: over ? 'error' : 'warn',
      host: this.host,
      message: `${this.host}: its pins ${over ? 'have expired' : `expire in ${Math.ceil(remaining / DAY_MS)} days`}: check them and set a later expiresAt`,
    });
  }

  #expired({ expiresAt }: PinsOptions): PinMismatchError {
    return new PinMismatchError(this.host, `its pins expired at ${expiresAt}`, 'check them and set a later expiresAt');
  }
}
