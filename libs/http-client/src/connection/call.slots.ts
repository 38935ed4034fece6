// Bounds the calls to one host: a host that hangs takes its own share of memory and no more (bulkhead; CWE-770).
import { OverloadedError } from '../http-client.error.ts';

export class CallSlots {
  #running = 0;
  readonly #waiting = new Set<() => void>();

  constructor(
    private readonly host: string,
    private readonly most: number,
    private readonly mostWaiting: number,
  ) {}

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /**
   * Waits for a slot.
   *
   * @returns gives it back; call it once
   * @throws OverloadedError when too many wait, or the signal's reason
   */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#running >= this.most) await this.#turn(signal);
    else this.#running += 1;
    return () => {
      const [next] = this.#waiting;
      if (!next) this.#running -= 1;
      else {
        this.#waiting.delete(next);
        next();
      }
    };
  }

  #turn(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= this.mostWaiting)
      throw new OverloadedError(
        this.host,
        `${this.#running} calls run and ${this.#waiting.size} wait`,
        'call it less often, or raise limits.connectionsPerHost',
      );
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiting.delete(begin);
        reject(signal.reason as Error);
      };
      const begin = () => {
        signal.removeEventListener('abort', abort);
        resolve();
      };
      this.#waiting.add(begin);
      signal.addEventListener('abort', abort, { once: true });
    });
  }
}
