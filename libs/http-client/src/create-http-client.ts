// Makes a client from its options.
import { X509Certificate } from 'node:crypto';
import { newCounters } from './client.counters.ts';
import { clientIdentityOf } from './connection/client.identity.ts';
import { HostPool } from './connection/host.pool.ts';
import { allowedHost, type Resolve } from './egress/allowed.host.ts';
import { HttpClient } from './http.client.ts';
import { HttpClientConfigError } from './http-client.error.ts';
import type { EmitHttpClientEvent } from './http-client.event.ts';
import { httpClientOptionsSchema, type HttpClientInput } from './http-client.options.ts';
import { HostPins } from './pins/host.pins.ts';
import { configError } from './options.error.ts';

/** What surrounds a client. */
export interface HttpClientContext {
  /** In its snapshot, and in errors of its options. */
  readonly name?: string;
  readonly onEvent?: EmitHttpClientEvent;
  /** Another way to resolve names than the system's; its answers are judged alike. */
  readonly resolve?: Resolve;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/**
 * A client for calls to other services. Without options it reaches nothing: list the hosts as `allow`.
 *
 * @throws HttpClientConfigError naming each option that is wrong
 * @example
 * const client = createHttpClient({ allow: ['api.example.com'] });
 * const response = await client.get('https://api.example.com/v1/rates');
 */
export function createHttpClient(input: HttpClientInput = {}, context: HttpClientContext = {}): HttpClient {
  const { name = 'http-client', onEvent = () => undefined, resolve, now = Date.now } = context;
  const parsed = httpClientOptionsSchema.safeParse(input);
  if (!parsed.success) throw configError(name, parsed.error);
  const options = parsed.data;
  checkAuthorities(options.ca);
  const identity = clientIdentityOf(options.clientCertificate);
  const counters = newCounters();
  const pools = options.allow.map((entry) => {
    const host = allowedHost(entry, options.insecureLoopback);
    const pins = new HostPins(host.key, entry.pins, onEvent);
    return new HostPool(host, pins, options, { identity, resolve, now }, () => (counters.connectionsOpened += 1));
  });
  const hosts = new Map(pools.map((pool) => [pool.host.key, pool]));
  return new HttpClient({ name, options, hosts, counters, emit: onEvent, now });
}

function checkAuthorities(ca: string | string[] | undefined): void {
  for (const pem of [ca ?? []].flat().flatMap((text) => text.match(/-----BEGIN[^]+?-----END [A-Z ]+-----/g) ?? [''])) {
    try {
      new X509Certificate(pem);
    } catch {
      throw new HttpClientConfigError('ca', 'a certificate in it is damaged', 'give PEM certificates, whole');
    }
  }
}
