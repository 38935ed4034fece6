// What is written is there, in order, once; across restarts, files and compression; and one writer a folder.
import { appendFile, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { auditEventSchema, checkProof, proveEvent, queryEvents, verifyJournal } from '../src/index.ts';
import { newFolder, openJournal, removeFolders, until, writer } from './fixtures/folder.ts';

afterAll(removeFolders);

async function filled(folder: string, count: number, options = {}): Promise<string> {
  const journal = await openJournal(folder, options);
  const [write, first] = [writer(journal), journal.size];
  await Promise.all(Array.from({ length: count }, (_, index) => write(`event-${first}-${index}`)));
  await journal.close();
  return journal.verifier;
}

describe('a journal', () => {
  it('holds every event, valid and in order, over restarts and many files, and is verified', async () => {
    const folder = await newFolder();
    let key = '';
    for (let start = 0; start < 4; start++) key = await filled(folder, 200, { maxSegmentBytes: 50_000 });
    const events = [];
    for await (const event of queryEvents(folder)) events.push(auditEventSchema.parse(event));
    expect(events.filter(({ class_uid }) => class_uid === 6003)).toHaveLength(800);
    expect(events.filter(({ class_uid }) => class_uid === 6002)).toHaveLength(8);
    expect((await readdir(folder)).filter((name) => name.includes('.journal')).length).toBeGreaterThan(5);
    const found = await verifyJournal(folder, { keys: [key] });
    expect(found).toMatchObject({ finding: undefined, records: 816, checkpoints: 8, provenSize: 815 });
  });

  it('is readable by its owner alone', async () => {
    const folder = await newFolder();
    await filled(folder, 1);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(folder))
      expect([name, (await stat(join(folder, name))).mode & 0o777]).toEqual([name, 0o600]);
  });

  it('has one writer', async () => {
    const folder = await newFolder();
    const journal = await openJournal(folder);
    await expect(openJournal(folder)).rejects.toThrow('this process writes');
    await journal.close();
    await writeFile(join(folder, 'lock'), `${process.ppid} ${(await import('node:os')).hostname()}\n`);
    await expect(openJournal(folder)).rejects.toThrow(`process ${process.ppid} writes`);
  });

  it('compresses closed files, removes the oldest, says so, and is still verified', async () => {
    const folder = await newFolder();
    const options = { maxSegmentBytes: 60_000, maxTotalBytes: 1_048_576 };
    const journal = await openJournal(folder, options);
    const write = writer(journal);
    const text = 'x'.repeat(200);
    for (let round = 0; round < 30; round++)
      await Promise.all(
        Array.from({ length: 400 }, (_, index) => write(`${crypto.randomUUID()}${crypto.randomUUID()}${text}${index}`)),
      );
    await until(async () => (await readdir(folder)).some((name) => name.endsWith('.gz')));
    await until(
      async () =>
        !(await readdir(folder)).includes('00000001.journal') &&
        !(await readdir(folder)).includes('00000001.journal.gz'),
    );
    await journal.close();
    const found = await verifyJournal(folder, { keys: [journal.verifier] });
    expect(found.finding).toBeUndefined();
    expect(found.first).toBeGreaterThan(0);
    expect(found.notes.join()).toContain('removed by retention');
  }, 120_000);

  it('proves one event to somebody who has neither the journal nor the others', async () => {
    const folder = await newFolder();
    const key = await filled(folder, 300, { maxSegmentBytes: 50_000 });
    await filled(folder, 50);
    const proof = await proveEvent(folder, 'event-2-123', [key]);
    expect(checkProof(JSON.parse(JSON.stringify(proof)), [key])).toBe(true);
    expect(checkProof({ ...proof, event: proof.event.replace('201', '200') }, [key])).toBe(false);
    expect(checkProof({ ...proof, index: proof.index + 1 }, [key])).toBe(false);
    await expect(proveEvent(folder, 'event-none', [key])).rejects.toThrow('there is no event');
  });

  it('closes a torn tail, reports it, keeps it aside, and goes on', async () => {
    const folder = await newFolder();
    await filled(folder, 20);
    const file = join(folder, '00000001.journal');
    const { size } = await stat(file);
    await truncate(file, size - 40);
    expect((await verifyJournal(folder)).notes.join()).toContain('is cut off');
    await appendFile(file, '\0\0\0\0\n\0');
    await filled(folder, 1);
    const found = await verifyJournal(folder);
    expect(found.finding).toBeUndefined();
    const reports = [];
    for await (const { unmapped, status_code } of queryEvents(folder, { reason: 'journal-opened' }))
      reports.push([status_code, 'fields' in unmapped && unmapped.fields?.tornBytes]);
    expect(reports.at(-1)?.[1]).toBeGreaterThan(40);
    expect((await readdir(folder)).some((name) => name.startsWith('torn-'))).toBe(true);
  });

  it('is whole when it was killed as its next file began, and goes on', async () => {
    const folder = await newFolder();
    const key = await filled(folder, 20);
    await writeFile(join(folder, '00000002.journal'), '');
    const found = await verifyJournal(folder, { keys: [key] });
    expect([found.finding, found.notes.join()]).toEqual([undefined, expect.stringContaining('is only being begun')]);
    await filled(folder, 1);
    expect((await verifyJournal(folder, { keys: [key] })).finding).toBeUndefined();
  });

  it('writes nothing behind a record that was changed', async () => {
    const folder = await newFolder();
    await filled(folder, 20);
    const file = join(folder, '00000001.journal');
    await writeFile(file, (await readFile(file, 'utf8')).replace('event-2-7', 'event-2-8'));
    await expect(openJournal(folder)).rejects.toMatchObject({ code: 'journal-damaged' });
  });

  it('exports each checkpoint to another folder', async () => {
    const [folder, elsewhere] = [await newFolder(), await newFolder()];
    const key = await filled(folder, 5, { exportCheckpointsTo: elsewhere });
    const [name = ''] = await readdir(elsewhere);
    const checkpoint = await readFile(join(elsewhere, name), 'utf8');
    expect(await verifyJournal(folder, { keys: [key], checkpoints: [checkpoint] })).toMatchObject({
      finding: undefined,
    });
    await filled(folder, 5);
    await truncate(join(folder, '00000001.journal'), 3_000);
    expect((await verifyJournal(folder, { keys: [key], checkpoints: [checkpoint] })).finding?.kind).toBe('truncated');
  });
});
