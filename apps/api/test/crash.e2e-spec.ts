// kill -9 in the middle of transfers: what was answered is there, nothing is there twice, and the sum is what it was.
import type { ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestIssuer } from '@gatehouse/service/testing';
import { type Answer, endApi, startApi } from './fixtures/api.process.ts';

interface Wanted {
  amount: number;
  answer?: Answer;
}

describe('the ledger after kill -9', () => {
  let stateFolder: string;
  const started: ChildProcess[] = [];
  const run = async (issuer: TestIssuer) => {
    const api = await startApi(stateFolder, issuer);
    started.push(api.child);
    return api;
  };
  beforeAll(async () => void (stateFolder = await mkdtemp(join(tmpdir(), 'gatehouse-crash-'))));
  afterAll(async () => {
    for (const child of started) await endApi(child, 'SIGTERM');
    for (const path of [stateFolder, `${stateFolder}.key`]) await rm(path, { recursive: true, force: true });
  });

  it('has each answered transfer once, gives its answer again, and keeps the sum', async () => {
    const issuer = await TestIssuer.create(undefined, 'api');
    let api = await run(issuer);
    const open = async (overdraftLimit: number) =>
      (await api.call('POST', '/v1/accounts', { holder: 'A', currency: 'EUR', overdraftLimit })).body.id as string;
    const [from, to] = [await open(1_000_000), await open(0)];
    const requests = new Map<string, Wanted>();
    const transfer = (key: string, amount: number) =>
      api.call('POST', '/v1/transfers', { from, to, amount, currency: 'EUR' }, key);

    let answers = 0;
    for (let round = 1; round <= 2; round++) {
      const enough = Promise.withResolvers<void>();
      const write = async (writer: number) => {
        for (;;) {
          const key = randomUUID();
          const wanted: Wanted = { amount: 1 + writer };
          requests.set(key, wanted);
          const answer = await transfer(key, wanted.amount);
          if (answer.status !== 201) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
          wanted.answer = answer.body;
          if (++answers >= 40 * round) enough.resolve();
        }
      };
      const writers = Promise.allSettled([0, 1, 2, 3, 4, 5].map(write));
      await Promise.race([enough.promise, writers]);
      await endApi(api.child, 'SIGKILL');
      for (const end of await writers)
        expect(String((end as PromiseRejectedResult).reason)).toMatch(/ECONN|socket|aborted/);
      api = await run(issuer);
    }

    expect(answers).toBeGreaterThanOrEqual(80);
    expect(requests.size).toBeGreaterThan(answers);
    let expected = 0;
    for (const [key, { amount, answer }] of requests) {
      const again = await transfer(key, amount);
      expect(again.status).toBe(201);
      if (answer) expect(again.body).toEqual(answer);
      expected += amount;
    }
    const balance = async (id: string) => (await api.call('GET', `/v1/accounts/${id}`)).body.balance;
    expect(await balance(to)).toBe(expected);
    expect(await balance(from)).toBe(-expected);
  }, 120_000);
});
