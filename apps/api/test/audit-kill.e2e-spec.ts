// kill -9 under load, again and again: every answer that somebody has received has its event, no record is lost or changed, and no
// transfer is there whose intent was not written down first. GATEHOUSE_TEST_KILLS says how often (50 is the proof; 3 by default).
import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { auditEventSchema, queryEvents, verifyJournal } from '@gatehouse/audit';
import { inEveryTenant } from '@gatehouse/authz';
import { Database } from '@gatehouse/database';
import { startForTest, TestIssuer } from '@gatehouse/service/testing';
import type { Kysely } from 'kysely';
import service from '../service.config.ts';
import { AppModule } from '../src/app.module.ts';
import type { LedgerTables } from '../src/ledger/ledger.tables.ts';
import { endApi, startApi } from './fixtures/api.process.ts';

const KILLS = Number(process.env.GATEHOUSE_TEST_KILLS ?? 3);
const embedded = process.env.GATEHOUSE_DATABASE_URL === undefined;

let tables: Kysely<LedgerTables>;

@Module({ imports: [AppModule] })
class WithDatabase {
  constructor(database: Database) {
    tables = database.as<LedgerTables>();
  }
}

(embedded ? describe : describe.skip)(
  `the audit of the API after kill -9 (skipped with GATEHOUSE_DATABASE_URL)`,
  () => {
    let stateFolder: string;
    let elsewhere: string;
    beforeAll(async () => {
      stateFolder = await mkdtemp(join(tmpdir(), 'gatehouse-audit-kill-'));
      elsewhere = `${stateFolder}-elsewhere`;
    });
    afterAll(async () => {
      for (const path of [stateFolder, `${stateFolder}.key`, elsewhere])
        await rm(path, { recursive: true, force: true });
    });

    it(
      `has the event of every answer, ${KILLS} times, and the intent of every transfer`,
      async () => {
        const issuer = await TestIssuer.create(undefined, 'api');
        const answered = new Map<string, number>();
        let accounts: string[] = [];
        for (let life = 0; life < KILLS; life++) {
          const { child, call } = await startApi(stateFolder, issuer, { GATEHOUSE_AUDIT_CHECKPOINTS: elsewhere });
          const told = async (...what: Parameters<typeof call>) => {
            const answer = await call(...what);
            answered.set(answer.id, answer.status);
            return answer;
          };
          const open = async () =>
            (await told('POST', '/v1/accounts', { holder: 'A', currency: 'EUR', overdraftLimit: 1e9 })).body
              .id as string;
          if (accounts.length === 0) accounts = [await open(), await open()];
          const [from, to] = accounts;
          const before = answered.size;
          const work = [0, 1, 2, 3, 4, 5].map(async (writer) => {
            for (;;) {
              await told('POST', '/v1/transfers', { from, to, amount: 1, currency: 'EUR' }, randomUUID());
              if (writer === 0) await told('GET', '/v1/transfers?limit=1');
              if (writer === 1) await told('GET', '/v1/nowhere');
              if (writer === 2) await told('POST', '/v1/transfers', { from, to, amount: -1, currency: 'EUR' }, 'x');
            }
          });
          const ended = Promise.allSettled(work);
          // another moment in each life
          for (const enough = before + 12 + ((life * 7) % 40); answered.size < enough && child.exitCode === null;)
            await new Promise((resolve) => setTimeout(resolve, 1));
          await endApi(child, 'SIGKILL');
          for (const one of await ended)
            expect(String((one as PromiseRejectedResult).reason)).toMatch(/ECONN|socket|aborted/);
        }
        const last = await startForTest(WithDatabase, service, { stateFolder, issuers: [issuer.options] });
        const folder = join(stateFolder, 'api', 'audit');
        try {
          const outcomes = new Map<string, number>();
          const intents = new Set<string>();
          for await (const event of queryEvents(folder)) {
            auditEventSchema.parse(event);
            if (event.class_uid !== 6003) continue;
            const { uid } = event.metadata;
            if (event.unmapped.phase === 'intent') intents.add(uid.replace(/\.intent$/, ''));
            else outcomes.set(uid, (outcomes.get(uid) ?? 0) + 1);
          }
          expect(answered.size).toBeGreaterThan(KILLS * 12);
          expect([...answered.keys()].filter((id) => outcomes.get(id) !== 1)).toEqual([]);
          const rows = await inEveryTenant(tables, (tx) => tx.selectFrom('transfers').select('audit_event').execute());
          expect(rows.filter(({ audit_event: event }) => event === null || !intents.has(event))).toEqual([]);
          const made = [...answered].filter(([id, status]) => status === 201 && intents.has(id)).map(([id]) => id);
          expect(rows.length).toBeGreaterThanOrEqual(made.length - 2); // less the accounts
        } finally {
          await last.close();
        }
        const [file = ''] = await readdir(elsewhere);
        const keys = (await readFile(join(folder, 'checkpoint.pub'), 'utf8')).trim().split('\n');
        const checkpoints = [await readFile(join(elsewhere, file), 'utf8')];
        const { finding, records } = await verifyJournal(folder, { keys, checkpoints });
        expect(finding).toBeUndefined();
        process.stderr.write(`kill -9: ${KILLS} lives, ${answered.size} answers, ${records} records, none missing\n`);
      },
      60_000 + KILLS * 15_000,
    );
  },
);
