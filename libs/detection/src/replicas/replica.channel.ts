// What an attack shows to several replicas, each of them sees as a whole: they tell each other what their rules count, one of them tells
// people, and whom one blocks, all block. While the store between them is away each goes on with what it sees itself.
import { createHash, randomUUID } from 'node:crypto';
import type { Detector, DetectorHooks } from '../detector.ts';
import {
  MAX_EVENTS,
  MAX_RESPONSES,
  type ReplicaMessage,
  replicaMessageSchema,
  type SharedEvent,
} from './replica.message.ts';
import { worthTelling } from './worth.telling.ts';

/** Events are gathered so long before they are told, in milliseconds. */
const BATCH_MS = 100;
const CHANNEL = 'detection';

/** What replicas share; `SharedValkey` of @gatehouse/valkey is one. Each call may fail, and none may hang. */
export interface ReplicaStore {
  setIfAbsent(key: string, expiresInMs: number): Promise<boolean>;
  publish(channel: string, text: string): Promise<void>;
  subscribe(channel: string, listener: { message(text: string): void; missed?(): void }): Promise<() => void>;
}

/** See the head of the file. */
export class ReplicaChannel {
  /** Events and calls; `failed` is what the store did not take: each replica was on its own then. */
  readonly counters = { sent: 0, received: 0, dropped: 0, failed: 0 };
  /** For the detector. */
  readonly hooks: Pick<DetectorHooks, 'onEvent' | 'onRespond' | 'onTold' | 'claim'>;
  private readonly id = randomUUID();
  private waiting: SharedEvent[] = [];
  private timer?: NodeJS.Timeout;
  private detector?: Detector;
  private leave?: () => void;

  constructor(
    private readonly store: ReplicaStore,
    maxKeys: number,
  ) {
    const shared = worthTelling(maxKeys);
    this.hooks = {
      onEvent: (event) => this.add(shared(event)),
      onRespond: (kind, caller, until) => void this.send({ responses: [{ kind, caller, until }] }),
      onTold: (subject, id, at) => void this.send({ incident: { subject: subject.slice(0, 512), id, at } }),
      claim: (what, seconds) => this.claim(what, seconds),
    };
  }

  /** Listens, and asks who is blocked. */
  async join(detector: Detector): Promise<void> {
    this.detector = detector;
    const hello = () => void this.send({ hello: true });
    this.leave = await this.store.subscribe(CHANNEL, { message: (text) => this.receive(text), missed: hello });
    hello();
  }

  close(): void {
    clearTimeout(this.timer);
    this.leave?.();
  }

  private add(event: SharedEvent | undefined): void {
    if (!event) return;
    if (this.waiting.length >= MAX_EVENTS) {
      this.counters.dropped += 1; // the rules need tens of them
      return;
    }
    this.waiting.push(event);
    this.timer ??= setTimeout(() => this.flush(), BATCH_MS).unref();
  }

  private flush(): void {
    this.timer = undefined;
    const events = this.waiting;
    this.waiting = [];
    this.counters.sent += events.length;
    void this.send({ events });
  }

  /** True for one replica; for all of them while nobody can be asked: rather twice than not at all. */
  private async claim(what: string, seconds: number): Promise<boolean> {
    const key = createHash('sha256').update(what).digest('base64url');
    try {
      return await this.store.setIfAbsent(`alert:${key}`, seconds * 1_000);
    } catch {
      this.counters.failed += 1;
      return true;
    }
  }

  private async send(message: Omit<ReplicaMessage, 'from'>): Promise<void> {
    try {
      await this.store.publish(CHANNEL, JSON.stringify({ from: this.id, ...message }));
    } catch {
      this.counters.failed += 1;
    }
  }

  private receive(text: string): void {
    const message = parsed(text);
    if (!message || !this.detector || message.from === this.id) return;
    for (const event of message.events ?? []) this.detector.observe(event, 'elsewhere');
    this.counters.received += message.events?.length ?? 0;
    for (const { kind, caller, until } of message.responses ?? []) this.detector.responses.adopt(kind, caller, until);
    const { incident } = message;
    if (incident) this.detector.adoptIncident(incident.subject, incident.id, incident.at);
    if (message.hello) this.tellResponses(this.detector);
  }

  private tellResponses({ responses }: Detector): void {
    const active = responses.active(Date.now(), MAX_RESPONSES);
    if (active.length > 0) void this.send({ responses: active });
  }
}

function parsed(text: string): ReplicaMessage | undefined {
  try {
    return replicaMessageSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
