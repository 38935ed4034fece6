// What a load balancer may ask: is the process alive, and should it get traffic. Details stay on the management port.

/** One thing that a service needs in order to answer. Throws (or rejects) while it is not there. */
export type HealthCheck = () => void | Promise<void>;

/** The outcome of one check. */
export interface HealthResult {
  readonly name: string;
  readonly ok: boolean;
  /** False for what the service can be without: it answers, and not as well. */
  readonly required: boolean;
  /** Milliseconds. */
  readonly durationMs: number;
  /** The message of the failure: for operators, never for callers. */
  readonly error?: string;
}

/** Collects the checks of a service. Each runs under a time limit, so that one that hangs counts as failed. */
export class HealthRegistry {
  private readonly checks = new Map<string, { check: HealthCheck; required: boolean }>();
  private draining = false;

  /** @param timeoutMs how long one check may take, in milliseconds */
  constructor(private readonly timeoutMs = 2_000) {}

  /**
   * @param required false for what the service can be without: its failure is shown, and turns no traffic away
   * @throws Error when the name is taken.
   */
  register(name: string, check: HealthCheck, { required = true } = {}): void {
    if (this.checks.has(name)) throw new Error(`health check "${name}" is registered twice`);
    this.checks.set(name, { check, required });
  }

  /** From now on not ready: called first thing at shutdown, so that balancers turn away. */
  drain(): void {
    this.draining = true;
  }

  /** Runs every check side by side. */
  async ready(): Promise<{ ok: boolean; results: HealthResult[] }> {
    const results = await Promise.all([...this.checks].map(([name, own]) => this.run(name, own.required, own.check)));
    if (this.draining)
      results.push({ name: 'shutdown', ok: false, required: true, durationMs: 0, error: 'shutting down' });
    return { ok: results.every((result) => result.ok || !result.required), results };
  }

  private async run(name: string, required: boolean, check: HealthCheck): Promise<HealthResult> {
    const started = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer within ${this.timeoutMs} ms`)), this.timeoutMs);
    });
    try {
      await Promise.race([check(), late]);
      return { name, ok: true, required, durationMs: performance.now() - started };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      return { name, ok: false, required, durationMs: performance.now() - started, error: message };
    } finally {
      clearTimeout(timer);
    }
  }
}
