// What a service may ask of Valkey, and nothing else: a script, a mark that is set once, a message to the replicas. Every key and channel
// begins with the prefix of the service, so that one service cannot meet another's, whatever its code asks.
import { type ValkeyClient, ValkeyConnection } from './valkey.connection.ts';
import { resolveValkeyOptions } from './valkey.environment.ts';
import { type ValkeyEvent, valkeyEvent } from './valkey.event.ts';
import type { ValkeyOptions, ValkeySettings } from './valkey.options.ts';
import { defineScript, type ValkeyScript } from './valkey.script.ts';
import { type ValkeyListener, ValkeySubscriber } from './valkey.subscriber.ts';
import { type ValkeyTarget, valkeyTarget } from './valkey.target.ts';

/** Where a connection lives. */
export interface ValkeyContext {
  readonly production?: boolean;
  /** Keeps services apart that share a server. */
  readonly service?: string;
  /** GATEHOUSE_VALKEY_ settings, which win over the options. */
  readonly env?: NodeJS.ProcessEnv;
  readonly onEvent?: (event: ValkeyEvent) => void;
}

/** How a command ended; `refused` is an error that the server answered, and `away` was never sent. */
export const VALKEY_OUTCOMES = ['answered', 'refused', 'timeout', 'lost', 'away'] as const;
export type ValkeyOutcome = (typeof VALKEY_OUTCOMES)[number];

/** Proves the rights that the parts of a service need, before anything relies on them. */
const PROBE = defineScript(`redis.call('TIME')
redis.call('GET', KEYS[1])
return redis.call('SET', KEYS[1], '1', 'PX', 1000)`);

/**
 * Opens the connection of a process. Undefined where neither the options nor the environment name a server.
 *
 * @returns also while the server is away: it is taken when it is there
 * @throws ValkeyError when the settings are wrong or unsafe, or the server refuses its user
 * @example const valkey = await openValkey({ url: 'valkeys://orders@valkey.internal:6379', passwordFile: '/run/secrets/valkey' });
 */
export async function openValkey(
  options?: ValkeyOptions,
  context: ValkeyContext = {},
): Promise<SharedValkey | undefined> {
  const settings = resolveValkeyOptions(options, context.env ?? {});
  if (!settings) return undefined;
  const valkey = new SharedValkey(settings, valkeyTarget(settings, context.production ?? false), context);
  await valkey.open();
  return valkey;
}

/** See the head of the file. Made by {@link openValkey}. */
export class SharedValkey {
  /** What each key and channel begins with. */
  readonly prefix: string;
  /** Told of each command, for the metrics: how long it took, and how it ended. */
  onCommand?: (seconds: number, outcome: ValkeyOutcome) => void;
  private readonly connection: ValkeyConnection;
  private readonly subscriber: ValkeySubscriber;
  private readonly watchers = new Set<(reason?: string) => void>();

  constructor(
    readonly settings: ValkeySettings,
    target: ValkeyTarget,
    { service, onEvent }: ValkeyContext,
  ) {
    this.prefix = service === undefined ? settings.keyPrefix : `${settings.keyPrefix}:${service}`;
    if (onEvent) this.watch((reason) => onEvent(valkeyEvent(reason)));
    this.connection = new ValkeyConnection(target, {
      commandTimeoutMs: settings.commandTimeoutMs,
      prepare: (client) => evaluate(client, PROBE, [`${this.prefix}:{probe}`], []),
      onChange: (reason) => this.tell(reason),
    });
    this.subscriber = new ValkeySubscriber(target);
  }

  /** Whether a command would be sent now. */
  get ready(): boolean {
    return this.connection.ready;
  }

  /** See {@link openValkey}. */
  open(): Promise<void> {
    return this.connection.open();
  }

  /**
   * Runs a script as one step; a server that forgot it is given it again.
   *
   * @param keys without the prefix; braces around the part that has to stay together in a cluster
   * @throws ValkeyUnavailableError within `commandTimeoutMs`, and at once while the server is away
   */
  evaluate(script: ValkeyScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const own = keys.map((key) => this.own(key));
    return this.timed((client) => evaluate(client, script, own, args));
  }

  /**
   * Sets a mark that ends by itself.
   *
   * @returns false where it was there already: for one caller in the world the answer is true
   * @throws ValkeyUnavailableError as {@link evaluate}
   */
  setIfAbsent(key: string, expiresInMs: number): Promise<boolean> {
    const own = this.own(key);
    return this.timed(async (client) => (await client.set(own, '1', 'PX', Math.ceil(expiresInMs), 'NX')) === 'OK');
  }

  /** Tells all who listen to a channel, this process among them. @throws ValkeyUnavailableError as {@link evaluate} */
  async publish(channel: string, text: string): Promise<void> {
    const own = this.own(channel);
    await this.timed((client) => client.publish(own, text));
  }

  /** Listens to a channel, on a second connection that the first listener opens. @returns what ends it */
  subscribe(channel: string, listener: ValkeyListener): Promise<() => void> {
    return this.subscriber.listen(this.own(channel), listener);
  }

  /** Told with the reason when the server is lost, and with none when it is back. @returns what ends it */
  watch(watcher: (reason?: string) => void): () => void {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  }

  /** For a health check. @throws ValkeyUnavailableError */
  async check(): Promise<void> {
    await this.timed((client) => client.ping());
  }

  async close(): Promise<void> {
    await Promise.all([this.connection.close(), this.subscriber.close()]);
  }

  private own(name: string): string {
    return `${this.prefix}:${name}`;
  }

  private async timed<T>(act: (client: ValkeyClient) => Promise<T>): Promise<T> {
    if (!this.onCommand) return this.connection.run(act);
    const started = performance.now();
    let outcome: ValkeyOutcome = this.ready ? 'answered' : 'away';
    try {
      return await this.connection.run(act);
    } catch (error) {
      if (outcome === 'answered') outcome = failureOf(error as Error);
      throw error;
    } finally {
      this.onCommand((performance.now() - started) / 1_000, outcome);
    }
  }

  private tell(reason?: string): void {
    for (const watcher of this.watchers) watcher(reason);
  }
}

const failureOf = ({ message, cause }: Error): ValkeyOutcome =>
  (cause as Error | undefined)?.name === 'ReplyError' ? 'refused' : /timed out/i.test(message) ? 'timeout' : 'lost';

async function evaluate(
  client: ValkeyClient,
  { sha, lua }: ValkeyScript,
  keys: readonly string[],
  args: readonly (string | number)[],
): Promise<unknown> {
  try {
    return await client.evalsha(sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!(error as Error).message.startsWith('NOSCRIPT')) throw error; // never seen, or somebody flushed the scripts
    return client.eval(lua, keys.length, ...keys, ...args);
  }
}
