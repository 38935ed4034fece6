// What other replicas tell, on a connection of its own: the protocol lets a subscribed one do nothing else. What was published while it
// was away is lost, and its listeners are told so, that they may look for themselves.
import type { ValkeyClient } from './valkey.connection.ts';
import { ValkeyConnection } from './valkey.connection.ts';
import type { ValkeyTarget } from './valkey.target.ts';

/** Who listens to a channel. */
export interface ValkeyListener {
  /** A message, as it was published. */
  message(text: string): void;
  /** Messages may have been missed: called whenever listening begins again. */
  missed?(): void;
}

/** How often a connection that says nothing is asked whether it lives, and how long it may take, in milliseconds. */
const HEARTBEAT_MS = 5_000;
const ANSWER_MS = 2_000;

/** See the head of the file. */
export class ValkeySubscriber {
  private readonly channels = new Map<string, Set<ValkeyListener>>();
  private readonly connection: ValkeyConnection;
  private opening?: Promise<void>;
  private heartbeat?: NodeJS.Timeout;

  constructor(target: ValkeyTarget) {
    this.connection = new ValkeyConnection(target, {
      commandTimeoutMs: ANSWER_MS,
      prepare: (client) => this.prepare(client),
      onChange: (reason) => {
        if (reason === undefined)
          for (const listeners of this.channels.values()) listeners.forEach((one) => one.missed?.());
      },
    });
  }

  /** Listens from now on, or from when the server is there. @returns what ends it */
  async listen(channel: string, listener: ValkeyListener): Promise<() => void> {
    const known = this.channels.get(channel);
    if (known) known.add(listener);
    else this.channels.set(channel, new Set([listener]));
    if (this.opening) {
      await this.opening;
      if (!known) await this.connection.run((client) => client.subscribe(channel)).catch(() => undefined); // later, by prepare
    } else {
      this.opening = this.connection.open();
      this.heartbeat = setInterval(
        () => void this.connection.run((client) => client.ping()).catch(() => undefined),
        HEARTBEAT_MS,
      );
      this.heartbeat.unref();
      await this.opening;
    }
    return () => this.leave(channel, listener);
  }

  async close(): Promise<void> {
    clearInterval(this.heartbeat);
    this.channels.clear();
    await this.connection.close();
  }

  private async prepare(client: ValkeyClient): Promise<void> {
    client.on('message', (channel: string, text: string) => {
      for (const listener of this.channels.get(channel) ?? []) listener.message(text);
    });
    if (this.channels.size > 0) await client.subscribe(...this.channels.keys());
  }

  private leave(channel: string, listener: ValkeyListener): void {
    const listeners = this.channels.get(channel);
    listeners?.delete(listener);
    if (listeners?.size !== 0) return;
    this.channels.delete(channel);
    void this.connection.run((client) => client.unsubscribe(channel)).catch(() => undefined);
  }
}
