// Where events and checkpoints of a service go besides its journal: to what the team runs already, each at least once and in its own
// time. A receiver that is away holds nothing up: the journal is the spool.
import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type AuditSink,
  CheckpointExport,
  checkpointPut,
  type CheckpointSink,
  type Journal,
  otlpSink,
  postgresCheckpoints,
  postgresSink,
  type Send,
  Shipper,
  webhookSink,
} from '@gatehouse/audit';
import { openPool } from '@gatehouse/database';
import { createHttpClient } from '@gatehouse/http-client';
import type { Secrets } from '@gatehouse/secrets';
import type { ServiceSettings } from '../config/settings.ts';
import { shippingDatabase, shippingKey, shippingToken } from './audit.secrets.ts';
import type { TellAudit } from './open-audit.ts';

/** How long a receiver may take to be left, in milliseconds. */
const CLOSE_MS = 2_000;

/** Where events go, and how far each receiver is. */
export interface Shipping {
  readonly exports: readonly CheckpointExport[];
  readonly shippers: readonly Shipper[];
  /** Begins with what the journal has that has not arrived. */
  begin(journal: Journal): void;
  close(): Promise<void>;
}

/** @throws ConfigurationError or DatabaseError when a receiver cannot be used at all; one that is away is tried again */
export async function openShipping(settings: ServiceSettings, secrets: Secrets, onEvent: TellAudit): Promise<Shipping> {
  const { shipping } = settings.audit;
  const onProblem = (err: unknown, what: string) => onEvent({ level: 'warn', message: `audit: ${what} failed`, err });
  const sinks: AuditSink[] = [];
  const keepers: CheckpointSink[] = [];
  const closers: (() => Promise<unknown>)[] = [];
  const { send, close } = await openSend(settings);
  closers.push(close);
  const key = () => secrets.as<typeof shippingKey>().get('gatehouseAuditShippingKey').reveal();
  if (shipping.databaseUrl) {
    const own = secrets.as<typeof shippingDatabase>();
    const pool = openPool({
      url: shipping.databaseUrl,
      caFile: shipping.databaseCaFile,
      service: `${settings.name}-audit`,
      production: settings.production,
      setting: 'GATEHOUSE_AUDIT_DATABASE',
      credentials: {
        current: () => own.get('gatehouseAuditDatabase').reveal(),
        onChange: (hook) => void own.onRotate('gatehouseAuditDatabase', hook),
      },
    });
    closers.push(() => pool.end());
    sinks.push(postgresSink(pool));
    keepers.push(postgresCheckpoints(pool));
  }
  if (shipping.webhookUrl) sinks.push(webhookSink({ url: new URL(shipping.webhookUrl), key, send }));
  if (shipping.otlpUrl) {
    const own = secrets.as<typeof shippingToken>();
    const token = shipping.otlpBearer ? () => own.get('gatehouseAuditOtlpToken').reveal() : undefined;
    sinks.push(otlpSink({ url: new URL(shipping.otlpUrl), service: settings.name, token, send }));
  }
  if (shipping.checkpointUrl) keepers.push(checkpointPut({ url: new URL(shipping.checkpointUrl), key, send }));
  const exports = keepers.map((keeper) => new CheckpointExport(keeper, { onProblem }));
  const shippers: Shipper[] = [];
  return {
    exports,
    shippers,
    begin(journal) {
      const options = { folder: journal.folder, durableSize: () => journal.durableSize, onProblem };
      shippers.push(...sinks.map((sink) => new Shipper(sink, options)));
    },
    async close() {
      await Promise.all([...shippers, ...exports].map((one) => one.stop()));
      // a database that hangs holds its pool, and not the end of the process
      for (const end of closers) await Promise.race([end(), delay(CLOSE_MS, undefined, { ref: false })]);
    },
  };
}

/** Through the client with its allow-list: these receivers, and nothing that one of them redirects to. */
async function openSend({ audit: { shipping }, production }: ServiceSettings): Promise<{
  send: Send;
  close: () => Promise<void>;
}> {
  const urls = [shipping.webhookUrl, shipping.otlpUrl, shipping.checkpointUrl].flatMap((url) => url ?? []);
  if (urls.length === 0) return { send: () => Promise.reject(new Error('no receiver')), close: async () => undefined };
  const client = createHttpClient({
    allow: [...new Set(urls.map((url) => new URL(url).host))].map((host) => ({ host, networks: shipping.networks })),
    ...(shipping.caFile ? { ca: await readFile(shipping.caFile, 'utf8') } : {}),
    retry: { attempts: 0 }, // the shipper tries again, with everything in order
    insecureLoopback: !production,
  });
  const end = new AbortController();
  const send: Send = async (url, request) => {
    const answer = await client.request(url, { ...request, signal: end.signal });
    return { status: answer.status, text: answer.text() };
  };
  const close = () => {
    end.abort(new Error('the service ends')); // whoever has not answered by now is asked again at the next start
    return client.close();
  };
  return { send, close };
}
