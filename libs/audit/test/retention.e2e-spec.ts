// What removes old files of a journal, and what it may not: what a receiver has not got, what somebody reads, and all of it because a
// clock was set to another year.
import { readdir, utimes } from 'node:fs/promises';
import { jest } from '@jest/globals';
import { type AuditSink, queryEvents, Shipper, verifyJournal } from '../src/index.ts';
import { keepTidy } from '../src/journal/journal.retention.ts';
import { listSegments } from '../src/journal/segment.file.ts';
import { newFolder, openJournal, removeFolders, writer } from './fixtures/folder.ts';

afterAll(removeFolders);

const files = async (folder: string) => (await readdir(folder)).filter((name) => name.includes('.journal')).sort();

/** A journal of many files, all but the last of which are 500 days old. */
async function oldJournal(folder: string, events = 120): Promise<number> {
  const journal = await openJournal(folder, { maxSegmentBytes: 10_000 });
  const write = writer(journal);
  for (let round = 0; round < events / 10; round++)
    await Promise.all(Array.from({ length: 10 }, (_, index) => write(`event-${round * 10 + index}`)));
  await journal.close();
  const segments = await listSegments(folder);
  const then = new Date(Date.now() - 500 * 86_400_000);
  for (const { path } of segments.slice(0, -1)) await utimes(path, then, then);
  return segments.at(-1)?.number as number;
}

describe('retention', () => {
  it('keeps what a receiver has not got beyond its time, and removes it when it has', async () => {
    const folder = await newFolder();
    const last = await oldJournal(folder);
    const before = (await listSegments(folder)).length;
    let away = true;
    const got: number[] = [];
    const sink: AuditSink = {
      name: 'memory',
      async send(records) {
        if (away) throw new Error('away');
        got.push(...records.map(({ sequence }) => sequence));
      },
    };
    const shipper = new Shipper(sink, { folder, pollMs: 20, maxBackoffMs: 20 });
    const announced: number[] = [];
    const tidy = () =>
      keepTidy(
        { folder, retainDays: 400, maxTotalBytes: 1e9, wantedFrom: () => shipper.status().next },
        last,
        async (through) => void announced.push(through),
      );
    await tidy();
    expect((await listSegments(folder)).length).toBe(before);
    away = false;
    while (shipper.status().next < 100) await new Promise((resolve) => setTimeout(resolve, 10));
    await shipper.stop();
    await tidy();
    expect(await files(folder)).toEqual([`${String(last).padStart(8, '0')}.journal`]);
    expect(announced).toEqual([last - 1]);
    expect(shipper.status().missing).toBe(0);
    expect(got.length).toBe(122); // with what the journal says of itself
  });

  it('removes it all the same when there is no room', async () => {
    const folder = await newFolder();
    const last = await oldJournal(folder);
    await keepTidy({ folder, retainDays: 400, maxTotalBytes: 1, wantedFrom: () => 0 }, last, async () => undefined);
    expect((await listSegments(folder)).map(({ number }) => number)).toEqual([last]);
  });

  it.each([[30], [-30]])('removes nothing because the clock was moved by %i years', async (years) => {
    const folder = await newFolder();
    const last = await oldJournal(folder);
    const before = (await listSegments(folder)).length;
    jest.useFakeTimers({ doNotFake: ['performance', 'setImmediate', 'setTimeout', 'nextTick'] as never });
    jest.setSystemTime(Date.now() + years * 365 * 86_400_000);
    try {
      const tidied = keepTidy({ folder, retainDays: 400, maxTotalBytes: 1e9 }, last, async () => undefined);
      if (years > 0) await expect(tidied).rejects.toThrow('the clock was moved');
      else await tidied;
    } finally {
      jest.useRealTimers();
    }
    expect((await listSegments(folder)).length).toBe(before);
  });

  it('that takes files while they are verified is no tampering', async () => {
    const folder = await newFolder();
    const last = await oldJournal(folder, 1_500);
    const kept = { folder, retainDays: 36_500, maxTotalBytes: 1e9 };
    await keepTidy(kept, last, async () => undefined); // all compressed
    const journal = await openJournal(folder);
    const verifying = verifyJournal(folder, { keys: [journal.verifier] });
    await keepTidy({ ...kept, maxTotalBytes: 20_000 }, last, (through) =>
      journal.note('other', 'segments-removed', { through }),
    );
    expect((await verifying).finding).toBeUndefined();
    const { finding, first } = await verifyJournal(folder, { keys: [journal.verifier] });
    expect([finding, first > 0]).toEqual([undefined, true]);
    await journal.close();
  }, 60_000);

  it('and compression beside it are no tampering to who verifies or reads, again and again', async () => {
    const folder = await newFolder();
    const journal = await openJournal(folder, { maxSegmentBytes: 8_192 }, { maxTotalBytes: 60_000 });
    const write = writer(journal);
    let [done, verified] = [false, 0];
    const findings: unknown[] = [];
    const reader = (async () => {
      while (!done) {
        const { finding } = await verifyJournal(folder, { keys: [journal.verifier] });
        if (finding) findings.push(finding);
        for await (const { metadata } of queryEvents(folder)) if (!metadata.uid) findings.push(metadata);
        verified += 1;
      }
    })();
    const removed = async () => (await listSegments(folder))[0]?.number as number;
    for (let round = 0; verified < 5 || (await removed()) < 60; round++)
      await Promise.all(Array.from({ length: 40 }, (_, index) => write(`event-${round}-${index}`)));
    done = true;
    await reader;
    await journal.close();
    expect(findings).toEqual([]);
    expect(verified).toBeGreaterThan(3);
    expect((await verifyJournal(folder, { keys: [journal.verifier] })).first).toBeGreaterThan(0);
  }, 60_000);
});
