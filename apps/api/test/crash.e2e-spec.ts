// kill -9 in the middle of transfers: what was answered is there, nothing is there twice, and the sum is what it was.
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestIssuer } from '@gatehouse/service/testing';
import { command, EVERYDAY } from './start.ts';

type Answer = Record<string, unknown>;

interface Wanted {
  amount: number;
  answer?: Answer;
}

interface Running {
  child: ChildProcess;
  call: ReturnType<typeof caller>;
}

/** Starts the API as a process; its address and its CA are those of the printed line. */
async function run(stateFolder: string, issuer: TestIssuer): Promise<Running> {
  const [program, ...args] = command.argv;
  const ports = { GATEHOUSE_HTTPS_PORT: '0', GATEHOUSE_HTTP_PORT: '0', GATEHOUSE_MANAGEMENT_PORT: '0' };
  const child = spawn(program as string, args, {
    cwd: command.cwd,
    env: {
      ...process.env,
      ...(await issuer.environment(join(stateFolder, 'issuer.json'))),
      ...ports,
      GATEHOUSE_STATE: stateFolder,
      GATEHOUSE_LOG_LEVEL: 'silent',
      NO_COLOR: '1',
    },
  });
  started.push(child);
  let said = '';
  child.stderr.on('data', (chunk) => (said += String(chunk)));
  const [, caFile = '', origin = ''] = await new Promise<RegExpExecArray>((resolve, reject) => {
    child.stdout.on('data', (chunk) => {
      said += String(chunk);
      const found = /curl --cacert (\S+) (https:\S+)\/health\/ready\n/.exec(said);
      if (found) resolve(found);
    });
    child.once('exit', () => reject(new Error(`ended before it was ready: ${said}`)));
  });
  return { child, call: caller(origin, readFileSync(caFile), await issuer.token({ scopes: EVERYDAY })) };
}

/** One connection a call: none is left over from a process that was killed. */
const caller =
  (origin: string, ca: Buffer, token: string) =>
  (method: string, path: string, body?: object, key?: string): Promise<{ status: number; body: Answer }> =>
    new Promise((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${token}`,
        ...(body && { 'content-type': 'application/json' }),
        ...(key && { 'idempotency-key': key }),
      };
      const outgoing = request(new URL(path, origin), { method, ca, headers, agent: false }, (response) => {
        let text = '';
        response.on('data', (chunk) => (text += String(chunk)));
        response.on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
      });
      outgoing.on('error', reject).end(body && JSON.stringify(body));
    });

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
}

const started: ChildProcess[] = [];

describe('the ledger after kill -9', () => {
  let stateFolder: string;
  beforeAll(async () => void (stateFolder = await mkdtemp(join(tmpdir(), 'gatehouse-crash-'))));
  afterAll(async () => {
    for (const child of started) await stop(child, 'SIGTERM');
    await rm(stateFolder, { recursive: true, force: true });
  });

  it('has each answered transfer once, gives its answer again, and keeps the sum', async () => {
    const issuer = await TestIssuer.create(undefined, 'api');
    let api = await run(stateFolder, issuer);
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
      await stop(api.child, 'SIGKILL');
      for (const end of await writers)
        expect(String((end as PromiseRejectedResult).reason)).toMatch(/ECONN|socket|aborted/);
      api = await run(stateFolder, issuer);
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
