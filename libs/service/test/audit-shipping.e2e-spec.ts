// Events reach what the team runs already, each at least once, though receivers are away and the process is killed in the middle: the
// descriptor's and the environment's words are enough. Checkpoints leave the machine.
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AuditEvent,
  auditEventSchema,
  auditTable,
  noteVerifier,
  openCheckpoint,
  queryEvents,
  verifyJournal,
} from '@gatehouse/audit';
import { TestPostgres } from '@gatehouse/database/testing';
import { startForTest, writeBuiltInKeys } from '../src/testing/index.ts';
import { alertReceiver } from './fixtures/alert.receiver.ts';
import { sample, SampleModule } from './fixtures/sample.app.ts';
import { startSample } from './fixtures/sample.process.ts';
import { until } from './fixtures/until.ts';

const KILLS = Number(process.env.GATEHOUSE_TEST_KILLS ?? 3);
const missing = TestPostgres.missing();
if (missing) process.stderr.write(`SKIPPED shipping to PostgreSQL: ${missing}\n`);

describe('shipping', () => {
  let folder: string;
  let stateFolder: string;
  let receiver: Awaited<ReturnType<typeof alertReceiver>>;
  const key = randomBytes(32);
  const put = (name: string, value: Uint8Array | string) => writeFile(join(folder, name), value, { mode: 0o600 });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-shipping-'));
    stateFolder = `${folder}-state`;
    receiver = await alertReceiver();
    await writeBuiltInKeys(sample, folder);
    await put('gatehouseAuditShippingKey', key);
    await put('gatehouseAuditOtlpToken', 'first-token-of-the-collector');
    await writeFile(`${folder}.pem`, receiver.ca);
  });
  afterEach(async () => {
    await receiver.close();
    for (const path of [folder, stateFolder, `${folder}.pem`]) await rm(path, { recursive: true, force: true });
  });

  const address = (path: string) => new URL(path, receiver.url).href;
  const environment = (): NodeJS.ProcessEnv => ({
    GATEHOUSE_SECRETS_FOLDER: folder,
    GATEHOUSE_AUDIT_WEBHOOK_URL: address('/events'),
    GATEHOUSE_AUDIT_OTLP_URL: address('/v1/logs'),
    GATEHOUSE_AUDIT_OTLP_BEARER: 'true',
    GATEHOUSE_AUDIT_CHECKPOINT_URL: address('/checkpoints/'),
    GATEHOUSE_AUDIT_RECEIVERS_CA_FILE: `${folder}.pem`,
    GATEHOUSE_HTTPS_PORT: '0',
    GATEHOUSE_HTTP_PORT: '0',
    GATEHOUSE_MANAGEMENT_PORT: '0',
  });
  const arrived = (path: string) => receiver.deliveries.filter((one) => one.path === path);
  const events = new Map<string, AuditEvent[]>();
  /** Parsed once each: what waits for them asks often. */
  const eventsAt = (path: string, read: (body: string) => AuditEvent[]) =>
    arrived(path).flatMap(({ body }) => {
      const known = events.get(body) ?? read(body);
      events.set(body, known);
      return known;
    });
  const byWebhook = () =>
    eventsAt('/events', (body) => (JSON.parse(body) as { data: { events: AuditEvent[] } }).data.events);
  const byOtlp = () =>
    eventsAt('/v1/logs', (body) => {
      const { resourceLogs } = JSON.parse(body) as OtlpLogs;
      const records = resourceLogs.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
      return records.map(({ body: { stringValue } }) => JSON.parse(stringValue) as AuditEvent);
    });
  const journal = async () => {
    const events: AuditEvent[] = [];
    for await (const event of queryEvents(join(stateFolder, 'sample', 'audit'))) events.push(event);
    return events;
  };
  const sequences = (events: readonly AuditEvent[]) =>
    [...new Set(events.map(({ metadata }) => metadata.sequence))].sort((a, b) => a - b);

  it('brings every event to webhook and collector, in order, past receivers that are away; a checkpoint to its address', async () => {
    receiver.statuses.push(503, 503, 503, 500); // whoever comes first
    const service = await startForTest(SampleModule, sample, { stateFolder, env: environment() });
    try {
      for (let call = 0; call < 20; call++) await service.call('POST', '/v1/notes', { body: { text: 'hello' } });
      const size = (await journal()).at(-1)?.metadata.sequence as number;
      await until(() => byWebhook().some(({ metadata }) => metadata.sequence === size));
      await until(() => byOtlp().some(({ metadata }) => metadata.sequence === size));
      expect(arrived('/v1/logs').at(-1)?.headers.authorization).toBe('Bearer first-token-of-the-collector');
      expect(arrived('/events').at(-1)?.headers.authorization).toBeUndefined(); // it is nobody else's
      await put('gatehouseAuditOtlpToken', 'second-token-of-the-collector');
      await until(async () => {
        await service.call('GET', '/v1/notes');
        return arrived('/v1/logs').at(-1)?.headers.authorization === 'Bearer second-token-of-the-collector';
      });
      const { text } = await service.call('GET', '/metrics', { origin: service.urls.management });
      expect(text).toMatch(/gatehouse_audit_lag_seconds\{receiver="webhook"\} \d/);
      expect(text).toMatch(/gatehouse_audit_shipped_total\{receiver="otlp"\} [1-9]/);
      expect(text).toMatch(/gatehouse_audit_journal_writable 1/);
    } finally {
      await service.close();
    }
    const all = sequences(await journal());
    expect(sequences(byWebhook())).toEqual(all); // with the last words
    expect(sequences(byOtlp())).toEqual(all);
    for (const event of byWebhook()) auditEventSchema.parse(event);
    const { headers, body } = arrived('/events').at(-1) as (typeof receiver.deliveries)[number];
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
    expect(headers['webhook-signature']).toBe(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
    const kept = receiver.deliveries.filter(({ path = '' }) => path.startsWith('/checkpoints/')).at(-1);
    expect(kept?.path).toMatch(/^\/checkpoints\/gatehouse_sample_[0-9a-f]{16}$/);
    const keyFile = await readFile(join(stateFolder, 'sample', 'audit', 'checkpoint.pub'), 'utf8');
    const checkpoint = openCheckpoint(kept?.body ?? '', [noteVerifier(keyFile.trim())]);
    expect(checkpoint.size).toBe((all.at(-1) as number) + 1); // all but the checkpoint itself
    const verified = await verifyJournal(join(stateFolder, 'sample', 'audit'), { checkpoints: [kept?.body ?? ''] });
    expect(verified.finding).toBeUndefined();
  }, 60_000);

  it(`leaves no gap when the process is killed with -9 ${KILLS} times, and what comes twice can be told`, async () => {
    const answered = new Set<string>();
    for (let life = 0; life <= KILLS; life++) {
      const { call, end } = await startSample(stateFolder, environment());
      const before = byWebhook().length;
      const work = Array.from({ length: 8 }, async () => {
        try {
          for (let each = 0; each < 100; each++) answered.add((await call('POST', '/v1/notes', { text: 'x' })).id);
        } catch {
          // killed
        }
      });
      await until(() => byWebhook().length > before + 20);
      await end(life === KILLS ? 'SIGTERM' : 'SIGKILL');
      await Promise.all(work);
    }
    const { end } = await startSample(stateFolder, environment()); // what was left goes at the next start
    const all = sequences(await journal());
    await until(() => sequences(byWebhook()).length >= all.length && sequences(byOtlp()).length >= all.length);
    await end('SIGTERM');
    const inJournal = await journal();
    expect(sequences(byWebhook()).filter((sequence) => all.includes(sequence))).toEqual(all);
    expect(sequences(byOtlp()).filter((sequence) => all.includes(sequence))).toEqual(all);
    const text = new Map(inJournal.map((event) => [event.metadata.sequence, JSON.stringify(event)]));
    for (const event of [...byWebhook(), ...byOtlp()])
      expect(JSON.stringify(event)).toBe(text.get(event.metadata.sequence)); // never another one of the same number
    const outcomes = new Set(inJournal.map(({ metadata }) => metadata.uid));
    expect([...answered].filter((id) => !outcomes.has(id))).toEqual([]);
  }, 180_000);

  (missing ? it.skip : it)(
    'writes to PostgreSQL as a user who may only insert, past a server that is away',
    async () => {
      const server = await TestPostgres.start();
      const password = randomBytes(12).toString('hex');
      try {
        await server.query(`create role auditor login password '${password}'`);
        for (const statement of auditTable('auditor')) await server.query(statement);
        await put('audit-database', JSON.stringify({ username: 'auditor', password }));
        const env = {
          GATEHOUSE_SECRETS_FOLDER: folder,
          GATEHOUSE_AUDIT_DATABASE_URL: `postgresql://localhost:${server.port}/postgres`,
          GATEHOUSE_AUDIT_DATABASE_CA_FILE: server.caFile,
        };
        const service = await startForTest(SampleModule, sample, { stateFolder, env });
        try {
          const count = async () => Number((await server.query('select count(*) from audit_events')).rows[0].count);
          await service.call('POST', '/v1/notes', { body: { text: 'x' } });
          await until(async () => (await count()) >= 3);
          await server.end();
          for (let call = 0; call < 5; call++)
            expect((await service.call('POST', '/v1/notes', { body: { text: 'y' } })).status).toBe(201);
          await server.resume();
          const size = (await journal()).length;
          await until(async () => (await count()) >= size);
          const { text } = await service.call('GET', '/metrics', { origin: service.urls.management });
          expect(text).toMatch(/gatehouse_audit_checkpoint_exported_timestamp_seconds\{receiver="postgres"\} [1-9]/);
        } finally {
          await service.close();
        }
        const { rows } = await server.query('select event from audit_events order by sequence');
        expect(rows.map(({ event }) => (event as AuditEvent).metadata.sequence)).toEqual(sequences(await journal()));
        const kept = await server.query('select checkpoint, key from audit_checkpoints order by size desc limit 1');
        const { checkpoint, key } = kept.rows[0] as { checkpoint: string; key: string };
        const audit = join(stateFolder, 'sample', 'audit');
        const verified = await verifyJournal(audit, { checkpoints: [checkpoint], keys: [key] });
        expect([verified.finding, verified.provenSize]).toEqual([undefined, verified.records - 1]);
      } finally {
        await server.stop();
      }
    },
    120_000,
  );

  it.each([
    ['a receiver over plain HTTP', { GATEHOUSE_AUDIT_WEBHOOK_URL: 'http://siem.example.test/' }, /https:\/\/ address/],
    [
      'a database that is none',
      { GATEHOUSE_AUDIT_DATABASE_URL: 'mysql://x/y' },
      /GATEHOUSE_AUDIT_DATABASE_URL does not/,
    ],
    [
      'a password in an address',
      { GATEHOUSE_AUDIT_DATABASE_URL: 'postgresql://u:canary-pw@h/d' },
      /GATEHOUSE_AUDIT_DATABASE_URL holds a password/,
    ],
  ])('refuses %s at the start', async (_what, env, message) => {
    await put('audit-database', JSON.stringify({ username: 'auditor', password: 'canary-1-canary' }));
    const started = startForTest(SampleModule, sample, {
      stateFolder,
      env: { GATEHOUSE_SECRETS_FOLDER: folder, ...env },
    });
    await expect(started).rejects.toThrow(message);
    await expect(started).rejects.not.toThrow(/canary/);
  });
});

interface OtlpLogs {
  readonly resourceLogs: readonly {
    readonly scopeLogs: readonly {
      readonly logRecords: readonly { readonly body: { readonly stringValue: string } }[];
    }[];
  }[];
}
