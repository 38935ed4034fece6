// Events arrive at least once, in order, also when the receiver is away for a while, the sender is restarted, and files change.
import { createHmac } from 'node:crypto';
import { TestPostgres } from '@gatehouse/database/testing';
import pg from 'pg';
import {
  type AuditSink,
  auditTable,
  postgresSink,
  queryEvents,
  type Send,
  type ShippedRecord,
  Shipper,
  webhookSink,
} from '../src/index.ts';
import { newFolder, openJournal, removeFolders, until, writer } from './fixtures/folder.ts';

afterAll(removeFolders);

const quick = { pollMs: 20, maxBackoffMs: 50 };

describe('shipping', () => {
  it('goes on where it was after a restart, over many files, and misses nothing while the receiver is away', async () => {
    const folder = await newFolder();
    const journal = await openJournal(folder, { maxSegmentBytes: 20_000 });
    const write = writer(journal);
    const got: number[] = [];
    let away = false;
    const sink: AuditSink = {
      name: 'memory',
      async send(records: readonly ShippedRecord[]) {
        if (away) throw new Error('away');
        got.push(...records.map(({ sequence }) => sequence));
      },
    };
    for (let round = 0; round < 6; round++) {
      const shipper = new Shipper(sink, { folder, ...quick });
      away = round % 2 === 1;
      await Promise.all(Array.from({ length: 40 }, (_, index) => write(`event-${round}-${index}`)));
      journal.checkpoint();
      if (!away) await until(() => got.at(-1) === journal.size - 2); // the last is the checkpoint
      await shipper.stop();
    }
    away = false;
    const shipper = new Shipper(sink, { folder, ...quick });
    await until(() => new Set(got).size >= 241);
    await shipper.stop();
    await journal.close();
    expect([...new Set(got)]).toEqual(
      [...got].sort((a, b) => a - b).filter((value, index, all) => value !== all[index - 1]),
    );
    expect(new Set(got).size).toBe(241);
  });

  it('passes nothing over when it is stopped with records that were read and not sent', async () => {
    const folder = await newFolder();
    const journal = await openJournal(folder);
    const write = writer(journal);
    await Promise.all(Array.from({ length: 700 }, (_, index) => write(`event-${index}`))); // more than one request takes
    const got: number[] = [];
    let arrive = () => undefined as void;
    let begun = 0;
    const sink: AuditSink = {
      name: 'memory',
      async send(records) {
        if (++begun === 1) await new Promise<void>((resolve) => (arrive = resolve));
        got.push(...records.map(({ sequence }) => sequence));
      },
    };
    const first = new Shipper(sink, { folder, ...quick });
    await until(() => begun === 1);
    const stopping = first.stop();
    await write('event-while-stopping');
    arrive();
    await stopping;
    const second = new Shipper(sink, { folder, ...quick });
    await second.stop();
    await journal.close();
    await new Shipper(sink, { folder, ...quick }).stop(); // with the record of the end
    const written: number[] = [];
    for await (const { metadata } of queryEvents(folder)) written.push(metadata.sequence);
    expect([...new Set(got)]).toEqual(written);
  });

  it('signs what goes to a webhook as Standard Webhooks has it', async () => {
    const key = Buffer.alloc(32, 5);
    const seen: Parameters<Send>[1][] = [];
    const send: Send = async (_url, request) => {
      seen.push(request);
      return { status: seen.length === 1 ? 503 : 204, text: '' };
    };
    const sink = webhookSink({ url: new URL('https://siem.example.test/in'), key: () => key, send });
    const records = [{ sequence: 1, json: '{"a":1}' }];
    await expect(sink.send(records)).rejects.toThrow('answered 503');
    await sink.send(records);
    const [first, second] = seen.map((request) => ({ ...request, headers: new Headers(request.headers) }));
    expect(first?.headers.get('webhook-id')).toBe(second?.headers.get('webhook-id'));
    const signed = ['webhook-id', 'webhook-timestamp'].map((name) => second?.headers.get(name)).join('.');
    const mac = createHmac('sha256', key)
      .update(`${signed}.${String(second?.body)}`)
      .digest('base64');
    expect(second?.headers.get('webhook-signature')).toBe(`v1,${mac}`);
    expect(second).toMatchObject({ method: 'POST' });
    expect(JSON.parse(String(second?.body))).toMatchObject({
      type: 'gatehouse.audit.events',
      data: { events: [{ a: 1 }] },
    });
    expect(() => webhookSink({ url: new URL('http://siem.example.test'), key: () => key })).toThrow('https');
  });

  const missing = TestPostgres.missing();
  if (missing) process.stderr.write(`SKIPPED shipping to PostgreSQL: ${missing}\n`);
  const withPostgres = missing ? it.skip : it;
  withPostgres(
    'writes to a table that can only grow, with a role that can only insert',
    async () => {
      const server = await TestPostgres.start();
      const journalFolder = await newFolder();
      const journal = await openJournal(journalFolder);
      try {
        await server.query(`create role auditor login password 'canary'`);
        for (const statement of auditTable('auditor')) await server.query(statement);
        const address = { host: 'localhost', port: server.port, database: 'postgres', ssl: { ca: server.ca } };
        const pool = new pg.Pool({ ...address, user: 'auditor', password: 'canary', max: 2 });
        const shipper = new Shipper(postgresSink(pool), { folder: journalFolder, ...quick });
        const write = writer(journal);
        await Promise.all(Array.from({ length: 30 }, (_, index) => write(`event-${index}`)));
        const count = async () => Number((await server.query('select count(*) from audit_events')).rows[0].count);
        await until(async () => (await count()) === 31);
        const record = {
          sequence: 0,
          json: (await server.query('select event from audit_events where sequence = 3')).rows[0].event,
        };
        await postgresSink(pool).send([{ ...record, json: JSON.stringify(record.json) }]); // comes twice: counts once
        expect(await count()).toBe(31);
        await write('nothing\0 and \\u0000'); // PostgreSQL has no such character: it must not stand in the way of all that follows
        await write('after it');
        await until(async () => (await count()) === 33);
        const { rows } = await server.query(
          `select event->'metadata'->>'uid' as id from audit_events order by sequence`,
        );
        expect(rows.slice(-2).map(({ id }) => id)).toEqual(['nothing\ufffd and \\u0000', 'after it']);
        for (const statement of [
          'select * from audit_events',
          'update audit_events set event = null',
          'delete from audit_events',
          'truncate audit_events',
        ])
          await expect(pool.query(statement)).rejects.toThrow('permission denied');
        for (const statement of [
          'update audit_events set event = null',
          'delete from audit_events',
          'truncate audit_events',
        ])
          await expect(server.query(statement)).rejects.toThrow('can only grow');
        await shipper.stop();
        await pool.end();
      } finally {
        await journal.close();
        await server.stop();
      }
    },
    60_000,
  );
});
