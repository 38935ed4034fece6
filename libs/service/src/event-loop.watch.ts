// Is the event loop late? One long pause (a collection of garbage, a debugger) says nothing; two windows in a row whose mean is late do:
// then what waits is growing.
import { monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 20;
const WINDOW_MS = 500;

/** See the head of the file. */
export class EventLoopWatch {
  late = false;
  /** Mean of the last window, in milliseconds. */
  lagMs = 0;
  private readonly histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  private readonly timer: NodeJS.Timeout;
  private wasLate = false;

  constructor(maxLagMs: number) {
    this.histogram.enable();
    this.timer = setInterval(() => this.look(maxLagMs), WINDOW_MS).unref();
  }

  close(): void {
    clearInterval(this.timer);
    this.histogram.disable();
  }

  private look(maxLagMs: number): void {
    const { mean } = this.histogram; // in ns, and with the resolution in it; NaN when the loop never turned
    this.lagMs = Number.isNaN(mean) ? WINDOW_MS : Math.max(0, mean / 1e6 - RESOLUTION_MS);
    this.histogram.reset();
    const isLate = this.lagMs > maxLagMs;
    this.late = isLate && this.wasLate;
    this.wasLate = isLate;
  }
}
