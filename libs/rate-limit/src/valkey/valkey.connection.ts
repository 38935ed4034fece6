// One connection that is either ready or lost. Lost is decided quickly, so that no request waits for a server that hangs, and mended in
// the background with a fresh connection and a fresh password: the client's own reconnecting would keep a hung socket.
import { Valkey } from 'iovalkey';
import { RateLimitError } from '../rate-limit.error.ts';
import { GCRA_SCRIPT } from './gcra.script.ts';
import type { ValkeyTarget } from './valkey.target.ts';

/** How long a connection with TLS and a password may take, in milliseconds. */
const CONNECT_MS = 2_000;

/** Between two attempts, in milliseconds. */
const RETRY_MS = { first: 100, most: 2_000 } as const;

/** A busy process can miss the time of one command; so many in a row mean that the server hangs. */
const MISSES = 3;

interface GcraClient extends Valkey {
  gcra(count: number, ...args: (string | number)[]): Promise<number[]>;
}

/** See the head of the file. */
export class ValkeyConnection {
  private client?: GcraClient;
  private misses = 0;
  private waitMs: number = RETRY_MS.first;
  private timer?: NodeJS.Timeout;
  private closed = false;

  /** @param onChange called with the reason when it is lost, without one when it is back */
  constructor(
    private readonly target: ValkeyTarget,
    private readonly options: { readonly commandTimeoutMs: number; readonly prefix: string },
    private readonly onChange: (reason?: string) => void,
  ) {}

  get ready(): boolean {
    return this.client !== undefined;
  }

  /** @throws RateLimitError when the server refuses us; that it is not there is no error */
  async open(): Promise<void> {
    try {
      this.client = await this.connect();
    } catch (error) {
      const { message, code = '' } = error as NodeJS.ErrnoException;
      if (/WRONGPASS|NOAUTH|NOPERM/.test(message))
        throw new RateLimitError(
          'Valkey refuses the user or its password',
          'Correct the user in GATEHOUSE_RATE_LIMIT_VALKEY_URL, its rights, or GATEHOUSE_RATE_LIMIT_VALKEY_PASSWORD_FILE.',
          { cause: error },
        );
      if (/CERT|SELF_SIGNED|ISSUER|ALTNAME/.test(code))
        throw new RateLimitError(
          `the certificate of Valkey is not trusted (${code})`,
          'Correct GATEHOUSE_RATE_LIMIT_VALKEY_CA_FILE, or the host in the URL.',
          { cause: error },
        );
      this.onChange(message);
      this.again();
    }
  }

  /** @throws whatever the server or the network answers, after the command's time at the latest */
  async gcra(keys: readonly string[], args: readonly number[]): Promise<number[]> {
    const { client } = this;
    if (!client) throw new Error('there is no connection');
    try {
      const debts = await this.evaluate(client, keys, args);
      this.misses = 0;
      return debts;
    } catch (error) {
      const { message } = error as Error;
      this.misses += 1;
      if (this.misses >= MISSES || !/timed out/i.test(message)) this.lose(client, message);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    this.client?.disconnect();
    this.client = undefined;
  }

  private async evaluate(client: GcraClient, keys: readonly string[], args: readonly number[]): Promise<number[]> {
    try {
      return await client.gcra(keys.length, ...keys, ...args);
    } catch (error) {
      if (!(error as Error).message.startsWith('NOSCRIPT')) throw error; // somebody flushed the scripts
      return (await client.eval(GCRA_SCRIPT, keys.length, ...keys, ...args)) as number[];
    }
  }

  private async connect(): Promise<GcraClient> {
    const { host, port, username, db, tls, password } = this.target;
    const client = new Valkey({
      host,
      port,
      db,
      username,
      password: password(),
      tls,
      lazyConnect: true,
      connectTimeout: CONNECT_MS,
      commandTimeout: CONNECT_MS,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      enableReadyCheck: false, // INFO is a right that a limiter does not need
      enableAutoPipelining: true,
      retryStrategy: () => null,
      connectionName: 'gatehouse-rate-limit',
    }) as GcraClient;
    let failure: Error | undefined;
    client.on('error', (error: Error) => (failure ??= error));
    client.defineCommand('gcra', { lua: GCRA_SCRIPT });
    try {
      await client.connect();
      await this.evaluate(client, [`${this.options.prefix}:{probe}`], [0, 0]); // proves the user's rights too
    } catch (error) {
      client.disconnect();
      throw failure ?? error;
    }
    client.options.commandTimeout = this.options.commandTimeoutMs;
    client.on('end', () => this.lose(client, failure?.message ?? 'the connection was closed'));
    return client;
  }

  private lose(client: GcraClient, reason: string): void {
    if (this.client !== client) return;
    this.client = undefined;
    client.disconnect();
    if (this.closed) return;
    this.onChange(reason);
    this.again();
  }

  private again(): void {
    this.timer = setTimeout(() => void this.mend(), this.waitMs).unref();
    this.waitMs = Math.min(this.waitMs * 2, RETRY_MS.most);
  }

  private async mend(): Promise<void> {
    const client = await this.connect().catch(() => undefined);
    if (this.closed) return void client?.disconnect();
    if (!client) return this.again();
    this.client = client;
    this.misses = 0;
    this.waitMs = RETRY_MS.first;
    this.onChange();
  }
}
