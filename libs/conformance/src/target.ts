// The service under test, as the checks see it: requests to it, what it says of itself, and everything asked once kept,
// so that forty checks cost a few dozen requests.
import { randomInt, type JsonWebKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { skip } from './check.ts';
import type { Answer } from './client/answer.ts';
import { jsonOf } from './client/answer.ts';
import { bare, HttpClient, type HttpRequest } from './client/http.client.ts';
import type { ResolvedOptions } from './conformance.options.ts';
import { describeApi, readApiFile, type ApiDescription } from './openapi/openapi.document.ts';
import { SuiteProcess } from './process/suite.process.ts';
import type { Endpoint } from './wire/tls.probe.ts';

/** A request to the service, by path. */
export type TargetRequest = Omit<HttpRequest, 'url' | 'timeoutMs'> & { readonly path: string };

/** Wrong credentials from one address are limited, and rightly: so many are sent from each. */
const TRIES_OF_A_STRANGER = 30;

/** Where an OpenAPI document usually is. */
const API_PATHS = ['/openapi.json', '/api-json', '/docs-json', '/v3/api-docs'];

export class Target {
  readonly options: ResolvedOptions;
  readonly #client = new HttpClient();
  readonly #kept = new Map<string, Promise<unknown>>();
  readonly #neighbourhood = `127.${64 + randomInt(128)}.${randomInt(256)}`;
  #strangers = 0;

  /** @param early the process of {@link process}, where it was started before there was a target */
  constructor(options: ResolvedOptions, early?: Promise<SuiteProcess>) {
    this.options = options;
    if (early) this.#kept.set('process', early);
  }

  get url(): URL {
    return this.options.url;
  }

  /** The TLS port, for raw bytes. */
  get endpoint(): Endpoint {
    return { host: bare(this.url.hostname), port: Number(this.url.port || 443), timeoutMs: this.options.timeoutMs };
  }

  /** The plain-HTTP address; skips the check when none was given. */
  get gate(): URL {
    return this.options.http ?? skip('no plain-HTTP address was given (--http)');
  }

  /** The CA to trust instead of the public ones. */
  ca(): Promise<Buffer | undefined> {
    const { caFile } = this.options;
    return this.once('ca', async () => (caFile === undefined ? undefined : await readFile(caFile)));
  }

  /** The private key of an issuer that the service trusts. */
  issuerKey(): Promise<JsonWebKey | undefined> {
    const { issuerKey } = this.options;
    if (typeof issuerKey !== 'string') return Promise.resolve(issuerKey as JsonWebKey | undefined);
    return this.once('issuer key', async () => JSON.parse(await readFile(issuerKey, 'utf8')) as JsonWebKey);
  }

  /** Sends a request to the HTTPS address, with the token when there is one. */
  send({ path, headers, ...request }: TargetRequest): Promise<Answer> {
    const { token, timeoutMs } = this.options;
    const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const label = request.label ?? `${request.method ?? 'GET'} ${path}`;
    return this.fetch({
      ...request,
      label,
      url: new URL(path, this.url),
      headers: { ...authorization, ...headers },
      timeoutMs,
    });
  }

  /** Sends a request anywhere on the service, without the token. */
  fetch(request: Omit<HttpRequest, 'timeoutMs'> & { timeoutMs?: number }): Promise<Answer> {
    return this.#client.send({ timeoutMs: this.options.timeoutMs, ...request });
  }

  /**
   * Sends a request with the headers that it has and no other credential, as somebody whom the service has not seen: to a loopback address
   * from another one every few requests.
   */
  stranger({ path, ...request }: TargetRequest): Promise<Answer> {
    const isLoopback = /^(localhost|127\.)/.test(bare(this.url.hostname));
    const number = 1 + Math.floor(this.#strangers++ / TRIES_OF_A_STRANGER);
    const from = isLoopback && number < 255 ? `${this.#neighbourhood}.${number}` : undefined;
    const label = request.label ?? `${request.method ?? 'GET'} ${path}`;
    return this.fetch({ ...request, label, url: new URL(path, this.url), from });
  }

  /** The answer to `GET /health/live`, or to `GET /` where there is no such route: the service's plainest answer. */
  plainAnswer(): Promise<Answer> {
    return this.once('plain answer', async () => {
      const live = await this.send({ path: '/health/live' });
      return live.status === 404 ? this.send({ path: '/' }) : live;
    });
  }

  /** What the service says of its routes; skips the check when it says nothing. */
  async api(): Promise<ApiDescription> {
    const api = await this.once('api', () => this.#findApi());
    return api ?? skip('the service shows no OpenAPI document (--openapi <address or file>, or --management)');
  }

  /** Runs `make` once, and keeps its promise for every check that asks. */
  once<T>(key: string, make: () => Promise<T>): Promise<T> {
    const kept = this.#kept.get(key) ?? make();
    this.#kept.set(key, kept);
    return kept as Promise<T>;
  }

  /** The process that the suite starts for its checks; skips the check where it is not told how. */
  async process(): Promise<SuiteProcess> {
    const command = this.options.command ?? skip('needs a command that starts the service (--command)');
    return this.once('process', () => SuiteProcess.start(command));
  }

  async close(): Promise<void> {
    this.#client.close();
    const started = (await this.#kept.get('process')?.catch(() => undefined)) as SuiteProcess | undefined;
    await started?.dispose();
  }

  async #findApi(): Promise<ApiDescription | undefined> {
    const { openapi, management } = this.options;
    if (openapi !== undefined && !/^https?:/.test(openapi)) return readApiFile(openapi);
    const places =
      openapi === undefined
        ? [management, this.url].flatMap((base) => (base ? API_PATHS.map((path) => new URL(path, base)) : []))
        : [new URL(openapi)];
    const mute = new Set<string>(); // four waits there would be the time of the check
    for (const url of places) {
      if (mute.has(url.origin)) continue;
      const answer = await this.fetch({ url });
      if (answer.status === 0) mute.add(url.origin);
      const api = answer.status === 200 ? describeApi(jsonOf(answer)) : undefined;
      if (api) return api;
    }
    return undefined;
  }
}
