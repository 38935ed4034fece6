// What it costs a mutation to be written down, with real fdatasync: intent and outcome one after the other, at 2,000 mutations a second.
// Beside it stands what the disk alone takes in the same second. Neighbours disturb both, so seconds are repeated and the quietest
// counts: a cost that is ours is in every one. GATEHOUSE_TEST_LOAD_ROUNDS says how many.
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { RequestEvents, type Journal } from '../src/index.ts';
import { newFolder, openJournal, removeFolders } from './fixtures/folder.ts';

afterAll(removeFolders);

const RATE = 2_000;
const ROUNDS = Number(process.env.GATEHOUSE_TEST_LOAD_ROUNDS ?? 8);
/** The goal is 5, asked of a machine that does nothing else (GATEHOUSE_TEST_LOAD_ROUNDS); beside other tests it is not ours to keep. */
const BUDGET_MS = process.env.GATEHOUSE_TEST_LOAD_ROUNDS ? 5 : 20;
/** User and system time of a mutation's two records, in microseconds: half a core at that rate. */
const BUDGET_MICROS = 250;
/** Where the disk's own p99 is longer, or a timer of a millisecond takes twice that, neighbours are measured. */
const QUIET_MS = 1;

const p99 = (values: number[]): number => values.sort((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0;

/** Write and fdatasync one after the other, for a while. */
async function diskAlone(folder: string, ms: number): Promise<number[]> {
  const handle = await open(join(folder, 'probe'), 'w');
  const block = Buffer.alloc(8_192, 97);
  const took: number[] = [];
  for (const end = performance.now() + ms; performance.now() < end;) {
    const begun = performance.now();
    await handle.write(block, 0, block.length, took.length * block.length);
    await handle.datasync();
    took.push(performance.now() - begun);
  }
  await handle.close();
  return took;
}

/** Mutations at their rate, however late the earlier ones are. */
function mutations(journal: Journal, seconds: number, ticks: number[] = []): Promise<number[]> {
  const route = { service: 'test', replica: journal.writer, method: 'POST', path: '/v1/transfers' };
  const events = new RequestEvents({ ...route, operation: 'transfer.create' });
  const took: number[] = [];
  const all = RATE * seconds;
  const begun = performance.now();
  let sent = 0;
  return new Promise((resolve, reject) => {
    const one = () => {
      const call = { requestId: crypto.randomUUID(), address: '127.0.0.1', objects: [{ type: 'transfer', uid: 'x' }] };
      const outcome = { status: 201, reason: 'ok', durationMs: 1 };
      const started = performance.now();
      journal.append(
        (sequence, time) => events.intent(call, sequence, time),
        'durable',
        (error) => {
          if (error) return reject(error);
          journal.append(
            (sequence, time) => events.outcome(call, outcome, sequence, time),
            'durable',
            () => {
              if (took.push(performance.now() - started) === all) resolve(took);
            },
          );
        },
      );
    };
    let tick = begun;
    const timer = setInterval(() => {
      ticks.push(performance.now() - tick);
      tick = performance.now();
      const due = Math.min(all, ((performance.now() - begun) / 1_000) * RATE);
      for (; sent < due; sent++) one();
      if (sent >= all) clearInterval(timer);
    }, 1);
  });
}

it(`takes ${BUDGET_MS} ms at p99 or less of ${RATE} mutations a second, on a disk that does; and little of the processor on any`, async () => {
  const folder = await newFolder();
  const journal = await openJournal(folder);
  await mutations(journal, 1); // compiled
  const rounds: { ours: number; disk: number; median: number; micros: number; tick: number }[] = [];
  while (rounds.length < ROUNDS && !rounds.some(({ ours }) => ours <= BUDGET_MS)) {
    const before = await diskAlone(folder, 200);
    const cpu = process.cpuUsage();
    const ticks: number[] = [];
    const took = await mutations(journal, 1, ticks);
    const { user, system } = process.cpuUsage(cpu);
    const disk = p99([...before, ...(await diskAlone(folder, 200))]);
    const micros = (user + system) / RATE;
    rounds.push({ ours: p99(took), median: took[took.length >> 1] as number, disk, micros, tick: p99(ticks) });
  }
  await journal.close();
  const least = (of: keyof (typeof rounds)[number]) => Math.min(...rounds.map((round) => round[of]));
  const told = `p99 ${least('ours').toFixed(1)} ms, median ${least('median').toFixed(1)} ms, ${least('micros').toFixed(0)} µs of CPU`;
  const alone = `one write and fdatasync alone: p99 ${least('disk').toFixed(1)} ms`;
  process.stderr.write(`audit of ${RATE} mutations a second, the best of ${rounds.length} s: ${told}; ${alone}\n`);
  expect(least('micros')).toBeLessThan(BUDGET_MICROS);
  const verdicts = rounds.filter(({ disk, tick }) => disk < QUIET_MS && tick < 2 * QUIET_MS);
  if (verdicts.length === 0)
    process.stderr.write('SKIPPED times of the audit: neighbours and the disk alone are too slow to tell\n');
  else expect(Math.min(...rounds.map(({ ours }) => ours))).toBeLessThanOrEqual(BUDGET_MS);
}, 120_000);
