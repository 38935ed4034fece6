// One connection that is either ready or lost. Lost is decided quickly, so that no request waits for a server that hangs, and mended in
// the background with a fresh connection and a fresh password: the client's own reconnecting would keep a hung socket.
import { Valkey } from 'iovalkey';
import { ValkeyError, ValkeyUnavailableError } from './valkey.error.ts';
import type { ValkeyTarget } from './valkey.target.ts';

/** How long a connection with TLS and a password may take, in milliseconds. */
const CONNECT_MS = 2_000;

/** Between two attempts, in milliseconds. */
const RETRY_MS = { first: 100, most: 2_000 } as const;

/** A busy process can miss the time of one command; so many in a row mean that the server hangs. */
const MISSES = 3;

/** What the server refuses us for good, and what nothing but another setting mends. */
const REFUSED = /WRONGPASS|NOAUTH|NOPERM/;
const UNWANTED = /ALERT.*(CERT|UNKNOWN_CA)/;
const UNTRUSTED = /CERT|SELF_SIGNED|ISSUER|ALTNAME/;

/** A server that answers, and cannot serve on this connection: a replica after a fail-over, one that still loads. */
const UNABLE = /^(READONLY|LOADING|MASTERDOWN|CLUSTERDOWN)/;

/** The client of one connection. */
export type ValkeyClient = Valkey;

interface ConnectionOptions {
  readonly commandTimeoutMs: number;
  /** Asked of a new connection before it counts as ready. */
  readonly prepare: (client: ValkeyClient) => Promise<unknown>;
  /** Told the reason when it is lost, and nothing when it is back. */
  readonly onChange: (reason?: string) => void;
}

/** See the head of the file. */
export class ValkeyConnection {
  private client?: ValkeyClient;
  private misses = 0;
  private waitMs: number = RETRY_MS.first;
  private timer?: NodeJS.Timeout;
  private closed = false;

  constructor(
    private readonly target: ValkeyTarget,
    private readonly options: ConnectionOptions,
  ) {}

  get ready(): boolean {
    return this.client !== undefined;
  }

  /** @throws ValkeyError when the server refuses us; that it is not there is no error */
  async open(): Promise<void> {
    try {
      this.client = await this.connect();
    } catch (error) {
      refuse(error as NodeJS.ErrnoException);
      this.options.onChange((error as Error).message);
      this.again();
    }
  }

  /** @throws ValkeyUnavailableError at once while there is no connection, else after the command's time at the latest */
  async run<T>(act: (client: ValkeyClient) => Promise<T>): Promise<T> {
    const { client } = this;
    if (!client) throw new ValkeyUnavailableError('there is no connection to Valkey');
    try {
      const answer = await act(client);
      this.misses = 0;
      return answer;
    } catch (error) {
      const { message } = error as Error;
      if (!this.isUsable(error as Error)) this.lose(client, message);
      throw new ValkeyUnavailableError(message, { cause: error });
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    this.client?.disconnect();
    this.client = undefined;
  }

  private async connect(): Promise<ValkeyClient> {
    const { host, port, username, db, tls, password } = this.target;
    const client = new Valkey({
      host,
      port,
      db,
      username,
      password: password(),
      tls: tls(),
      lazyConnect: true,
      connectTimeout: CONNECT_MS,
      commandTimeout: CONNECT_MS,
      maxRetriesPerRequest: 0,
      enableOfflineQueue: false,
      enableReadyCheck: false, // INFO is a right that a service does not need
      enableAutoPipelining: true,
      autoResubscribe: false,
      retryStrategy: () => null,
    });
    let failure: Error | undefined;
    client.on('error', (error: Error) => (failure ??= error));
    try {
      await client.connect();
      await this.options.prepare(client);
    } catch (error) {
      client.disconnect();
      throw failure ?? error;
    }
    client.options.commandTimeout = this.options.commandTimeoutMs;
    client.on('end', () => this.lose(client, failure?.message ?? 'the connection was closed'));
    return client;
  }

  private isUsable({ name, message }: Error): boolean {
    if (name === 'ReplyError') return !REFUSED.test(message) && !UNABLE.test(message); // out of memory, say
    this.misses += 1;
    return this.misses < MISSES && /timed out/i.test(message);
  }

  private lose(client: ValkeyClient, reason: string): void {
    if (this.client !== client) return;
    this.client = undefined;
    client.disconnect();
    if (this.closed) return;
    this.options.onChange(reason);
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
    this.options.onChange();
  }
}

/** @throws ValkeyError for what waiting does not mend */
function refuse(error: NodeJS.ErrnoException): void {
  const { message, code = '' } = error;
  const { problem, remedy } =
    [
      {
        is: REFUSED.test(message),
        problem: `Valkey refuses the user or its password (${message.split(' ')[0]})`,
        remedy: 'Correct the user in GATEHOUSE_VALKEY_URL, its rights, or GATEHOUSE_VALKEY_PASSWORD_FILE.',
      },
      {
        is: UNWANTED.test(code),
        problem: `Valkey asks for another certificate of ours (${code})`,
        remedy: 'Correct GATEHOUSE_VALKEY_CERT_FILE and GATEHOUSE_VALKEY_KEY_FILE.',
      },
      {
        is: UNTRUSTED.test(code),
        problem: `the certificate of Valkey is not trusted (${code})`,
        remedy: 'Correct GATEHOUSE_VALKEY_CA_FILE, or the host in the URL.',
      },
    ].find(({ is }) => is) ?? {};
  if (problem && remedy) throw new ValkeyError(problem, remedy, { cause: error });
}
