// A client whose every call passes the allow-list, is verified, bounded in time and size, and retried only where that is safe.
import { setTimeout as sleep } from 'node:timers/promises';
import { count, newCounters, type HttpClientSnapshot } from './client.counters.ts';
import { exchangeError } from './connection/connection.errors.ts';
import type { HostPool } from './connection/host.pool.ts';
import { keyOf, readUrl } from './egress/host.name.ts';
import { HttpResponse } from './exchange/http.response.ts';
import { followed, isRedirect } from './exchange/redirect.policy.ts';
import { requestParts, type Method, type RequestParts } from './exchange/request.parts.ts';
import { readBody } from './exchange/response.body.ts';
import { delayBefore, isIdempotent, isRetryable, isRetryableStatus, RetryBudget } from './exchange/retry.policy.ts';
import { traceHeaders, type CallContext, type RecordedCall } from './exchange/trace.context.ts';
import {
  AddressRefusedError,
  EgressRefusedError,
  HttpClientConfigError,
  HttpClientError,
  RedirectRefusedError,
  TimedOutError,
} from './http-client.error.ts';
import type { EmitHttpClientEvent } from './http-client.event.ts';
import { pinsSchema, type HttpClientOptions, type PinsInput } from './http-client.options.ts';
import { configError } from './options.error.ts';

/** One call. Everything may be left out. */
export interface CallOptions {
  /** GET by default. */
  readonly method?: Method;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes or text; with `json`, the value is sent as JSON. */
  readonly body?: string | Uint8Array;
  readonly json?: unknown;
  /** The trace that the call belongs to: `request.trace`, or `{ traceparent, tracestate }`. */
  readonly context?: CallContext;
  /** Ends the call with the signal's reason. */
  readonly signal?: AbortSignal;
  /** A shorter time for this call and its retries, in milliseconds. */
  readonly totalMs?: number;
}

/** What a client is made of; see createHttpClient. */
export interface HttpClientParts {
  readonly name: string;
  readonly options: HttpClientOptions;
  readonly hosts: ReadonlyMap<string, HostPool>;
  readonly counters: ReturnType<typeof newCounters>;
  readonly emit: EmitHttpClientEvent;
  readonly now: () => number;
}

interface Call {
  readonly signal: AbortSignal;
  readonly trace: Record<string, string>;
}

export class HttpClient {
  readonly #parts: HttpClientParts;
  readonly #budget = new RetryBudget();

  /** Use createHttpClient. */
  constructor(parts: HttpClientParts) {
    this.#parts = parts;
  }

  get name(): string {
    return this.#parts.name;
  }

  /**
   * Makes a call and reads its answer as a whole. 4xx and 5xx are answers.
   *
   * @throws HttpClientError: its `code` says which; or the reason of the signal
   */
  async request(url: string | URL, options: CallOptions = {}): Promise<HttpResponse> {
    const { counters } = this.#parts;
    const begun = performance.now();
    counters.calls += 1;
    this.#budget.earn();
    const deadline = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    let recorded: RecordedCall | undefined;
    try {
      const target = readUrl(url);
      this.#hostOf(target);
      const parts = requestParts(keyOf(target), options, this.#parts.options.limits.requestBytes);
      const totalMs = Math.min(options.totalMs ?? Infinity, this.#parts.options.timeouts.totalMs);
      timer = setTimeout(() => deadline.abort(new TimedOutError(keyOf(target), 'total', totalMs)), totalMs);
      const signals = options.signal ? [options.signal, deadline.signal] : [deadline.signal];
      recorded = options.context?.beginCall?.(parts.method, keyOf(target));
      const call = { signal: AbortSignal.any(signals), trace: traceHeaders(options.context, recorded) };
      const response = await this.#follow(target, parts, call);
      count(counters.answers, `${Math.floor(response.status / 100)}xx`);
      recorded?.end(response.status);
      return response;
    } catch (error) {
      recorded?.end();
      this.#report(error);
      throw error;
    } finally {
      clearTimeout(timer);
      counters.callSeconds += (performance.now() - begun) / 1_000;
    }
  }

  /** GET. */
  get(url: string | URL, options: Omit<CallOptions, 'method' | 'body' | 'json'> = {}): Promise<HttpResponse> {
    return this.request(url, { ...options, method: 'GET' });
  }

  /** POST of a value as JSON; with an Idempotency-Key among the headers, it is retried as a GET is. */
  post(
    url: string | URL,
    json: unknown,
    options: Omit<CallOptions, 'method' | 'body' | 'json'> = {},
  ): Promise<HttpResponse> {
    return this.request(url, { ...options, method: 'POST', json });
  }

  /**
   * Replaces the pins of a host. Connections made from now on are judged by the new ones, calls begun from now on use such connections
   * only, and calls that run finish.
   *
   * @param host as on the allow-list
   * @throws HttpClientConfigError when the host is not on the allow-list, or the pins are not valid; the old ones stay
   */
  setPins(host: string, pins: PinsInput): void {
    const pool = this.#parts.hosts.get(host) ?? this.#parts.hosts.get(`${host}:443`);
    if (!pool) throw new HttpClientConfigError(host, 'it is not on the allow-list', 'add it to "allow"');
    const parsed = pinsSchema.safeParse(pins);
    if (!parsed.success) throw configError(`pins of ${pool.host.key}`, parsed.error);
    pool.pins.replace(parsed.data);
    pool.renew();
  }

  /** Lets every call that begins from now on use new connections, such as after a change of certificates. */
  renewConnections(): void {
    for (const pool of this.#parts.hosts.values()) pool.renew();
  }

  /** Numbers for metrics, and the state of the pins. */
  snapshot(): HttpClientSnapshot {
    const { name, counters, hosts, now } = this.#parts;
    return {
      name,
      counters: { ...counters, answers: { ...counters.answers }, failures: { ...counters.failures } },
      hosts: [...hosts.values()].map(({ host, slots, connections, pins }) => ({
        host: host.key,
        running: slots.running,
        waiting: slots.waiting,
        connections,
        pins: pins.snapshot(now()),
      })),
    };
  }

  /** Refuses new calls and lets running ones finish. */
  async close(): Promise<void> {
    await Promise.all([...this.#parts.hosts.values()].map((pool) => pool.close()));
  }

  async #follow(first: URL, firstParts: RequestParts, call: Call): Promise<HttpResponse> {
    const { redirects } = this.#parts.options;
    let [target, parts] = [first, firstParts];
    for (let hops = 0; ; hops += 1) {
      const response = await this.#attempts(this.#hostOf(target), target, parts, call);
      if (redirects === 0 || !isRedirect(response)) return response;
      if (hops === redirects)
        throw new RedirectRefusedError(keyOf(target), `it redirects more than ${redirects} times`, 'raise "redirects"');
      const next = followed(target, response, parts);
      [target, parts] = [readUrl(next.url), next.parts];
      this.#parts.counters.redirects += 1;
    }
  }

  #hostOf(target: URL): HostPool {
    const key = keyOf(target);
    const host = this.#parts.hosts.get(key);
    if (host) return host;
    throw new EgressRefusedError(key, 'it is not on the allow-list', 'add it to "allow", if it may be called');
  }

  async #attempts(pool: HostPool, target: URL, parts: RequestParts, call: Call): Promise<HttpResponse> {
    const { retry } = this.#parts.options;
    const idempotent = isIdempotent(parts);
    for (let attempt = 0; ; attempt += 1) {
      const outcome = await this.#exchange(pool, target, parts, call).catch((error: unknown) => ({ error }));
      const failed = 'error' in outcome;
      const again = failed ? isRetryable(outcome.error, idempotent) : idempotent && isRetryableStatus(outcome.status);
      const retryAfter = failed ? undefined : outcome.headers['retry-after'];
      const delay =
        again && attempt < retry.attempts ? delayBefore(attempt, retryAfter, retry, this.#parts.now()) : undefined;
      if (delay === undefined || !this.#budget.spend()) {
        if (failed) throw outcome.error;
        return outcome;
      }
      this.#parts.counters.retries += 1;
      await sleep(delay, undefined, { signal: call.signal }).catch(() => call.signal.throwIfAborted());
    }
  }

  async #exchange(pool: HostPool, target: URL, parts: RequestParts, call: Call): Promise<HttpResponse> {
    const { counters, options } = this.#parts;
    const { key, trace } = pool.host;
    const release = await pool.slots.take(call.signal);
    try {
      const raw = await pool.current().request({
        method: parts.method,
        path: target.pathname + target.search,
        headers: trace ? { ...parts.headers, ...call.trace } : parts.headers,
        body: parts.body,
        signal: call.signal,
      });
      const { bytes, sent } = await readBody(key, raw, options.limits.responseBytes);
      counters.receivedBytes += sent;
      return new HttpResponse(target, raw.statusCode, raw.headers, bytes);
    } catch (error) {
      call.signal.throwIfAborted();
      throw exchangeError(key, error, options);
    } finally {
      release();
    }
  }

  #report(error: unknown): void {
    const { counters, emit } = this.#parts;
    count(counters.failures, error instanceof HttpClientError ? error.code : 'cancelled');
    if (error instanceof EgressRefusedError || error instanceof AddressRefusedError)
      emit({ type: error.code, level: 'warn', host: error.host, message: error.message });
  }
}
