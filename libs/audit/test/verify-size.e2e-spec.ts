// How long it takes to verify a journal, and that it takes no more memory for a large one. GATEHOUSE_TEST_VERIFY_EVENTS says how many
// events (1,000,000 is the proof: 30 s; 50,000 by default, in their share of it). Seconds of CPU: neighbours cost others.
import { auditOptionsSchema, Journal, RequestEvents, verifyJournal } from '../src/index.ts';
import { newFolder, removeFolders, SIGNING_KEY } from './fixtures/folder.ts';

afterAll(removeFolders);

const EVENTS = Number(process.env.GATEHOUSE_TEST_VERIFY_EVENTS ?? 50_000);
const SECONDS = (30 * EVENTS) / 1_000_000;
/** A million events are five times as much. */
const MEMORY_BYTES = 160 * 1_048_576;

async function fill(folder: string): Promise<string> {
  const settings = auditOptionsSchema.parse({ checkpointSeconds: 1 });
  const journal = await Journal.open({ ...settings, folder, service: 'test', signingKey: SIGNING_KEY });
  const route = { service: 'test', replica: journal.writer, method: 'POST', path: '/v1/transfers' };
  const events = new RequestEvents({ ...route, operation: 'transfer.create' });
  const outcome = { status: 201, reason: 'ok', durationMs: 3 };
  for (let index = 0; index < EVENTS; index++) {
    const objects = [{ type: 'transfer', uid: crypto.randomUUID() }];
    const call = { requestId: crypto.randomUUID(), address: '203.0.113.7', objects, fields: { amount: index } };
    const make = (sequence: number, time: number) => events.outcome(call, outcome, sequence, time);
    if (index % 1_000 !== 999) journal.append(make, 'queued');
    else await new Promise((resolve) => journal.append(make, 'written', resolve));
  }
  await journal.close();
  return journal.verifier;
}

it(
  `verifies ${EVENTS} events in ${SECONDS} s of CPU or less, and in the memory of a few`,
  async () => {
    const folder = await newFolder();
    const key = await fill(folder);
    const used = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
    const [before, cpu, begun] = [used(), process.cpuUsage(), performance.now()];
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, used() - before)), 50);
    const found = await verifyJournal(folder, { keys: [key] });
    clearInterval(watch);
    const { user, system } = process.cpuUsage(cpu);
    const seconds = (user + system) / 1_000_000;
    const wall = ((performance.now() - begun) / 1_000).toFixed(1);
    const told = `${seconds.toFixed(1)} s of CPU (${wall} s), ${Math.round(most / 1_048_576)} MiB more at most`;
    process.stderr.write(`verified ${found.records} records in ${told}\n`);
    expect(found.finding).toBeUndefined();
    expect(found.records).toBeGreaterThan(EVENTS);
    expect(seconds).toBeLessThanOrEqual(SECONDS);
    expect(most).toBeLessThan(MEMORY_BYTES);
  },
  60_000 + EVENTS,
);
