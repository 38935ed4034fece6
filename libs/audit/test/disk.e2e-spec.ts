// A disk that is full, and one that hangs: who waits is told in time, and writing goes on by itself.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, open, openSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type AuditError, queryEvents, verifyJournal } from '../src/index.ts';
import { newFolder, openJournal, removeFolders, until, writer } from './fixtures/folder.ts';

afterAll(removeFolders);

const refusal = (promise: Promise<void>): Promise<AuditError | undefined> =>
  promise.then(
    () => undefined,
    (error: AuditError) => error,
  );

async function ids(folder: string): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const { metadata } of queryEvents(folder)) found.add(metadata.uid);
  return found;
}

/** A file system of a megabyte; undefined, with the reason printed, where this user may not mount one. */
async function smallDisk(): Promise<{ folder: string; unmount: () => void } | undefined> {
  const folder = join(await newFolder(), 'disk');
  await mkdir(folder);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' });
    return { folder, unmount: () => execFileSync('umount', ['-l', folder]) };
  } catch (error) {
    console.warn(`skipped: a full disk needs the right to mount a tmpfs (${String(error).split('\n')[0]})`);
    return undefined;
  }
}

describe('a full disk', () => {
  it('refuses at once, keeps what was refused, and goes on when there is room', async () => {
    const disk = await smallDisk();
    if (!disk) return;
    const states: (string | undefined)[] = [];
    const journal = await openJournal(disk.folder, {}, { onState: (failure) => states.push(failure?.code) });
    try {
      const write = writer(journal);
      await writeFile(join(disk.folder, 'ballast'), Buffer.alloc(900_000));
      let failure: AuditError | undefined;
      const answered: string[] = [];
      for (let index = 0; !failure; index++) {
        failure = await refusal(write(`event-${index}`));
        if (!failure) answered.push(`event-${index}`);
      }
      expect(failure).toMatchObject({ code: 'journal-full', remedy: expect.stringContaining('Make room') });
      const began = performance.now();
      expect(await refusal(write('while-full'))).toMatchObject({ code: 'journal-full' });
      expect(performance.now() - began).toBeLessThan(1_000);
      await rm(join(disk.folder, 'ballast'));
      await until(() => journal.unavailable === undefined);
      await write('after');
      expect(states).toEqual(['journal-full', undefined]);
      await journal.close();
      const found = await ids(disk.folder);
      expect([...answered, 'while-full', 'after'].filter((id) => !found.has(id))).toEqual([]);
      expect((await verifyJournal(disk.folder)).finding).toBeUndefined();
    } finally {
      await journal.close();
      disk.unmount();
    }
  }, 60_000);
});

/** Every thread that Node uses for files waits for a FIFO that nobody writes: for the journal, the disk hangs. */
async function hangDisk(): Promise<() => void> {
  const folder = await newFolder();
  const fifos = Array.from({ length: Number(process.env.UV_THREADPOOL_SIZE ?? 4) }, (_, index) =>
    join(folder, `fifo-${index}`),
  );
  execFileSync('mkfifo', fifos);
  const opened = fifos.map((fifo) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    open(fifo, 'r', (_error, fd) => resolve(fd === undefined ? undefined : closeSync(fd)));
    return promise;
  });
  // for both ends, and until its thread has come: one that comes later would wait for ever, and the process with it
  return () =>
    fifos.forEach((fifo, index) => {
      const held = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
      void opened[index]?.then(() => closeSync(held));
    });
}

const hangs = process.platform === 'win32' ? it.skip : it;
if (hangs !== it) process.stderr.write('SKIPPED a hung disk: Windows has no FIFO that holds the threads of files\n');

describe('a hung disk', () => {
  hangs('refuses within two seconds and at once from then on, and goes on when it moves again', async () => {
    const folder = await newFolder();
    const journal = await openJournal(folder);
    const write = writer(journal);
    await write('before');
    const release = await hangDisk();
    try {
      const began = performance.now();
      expect(await refusal(write('while-hung'))).toMatchObject({ code: 'journal-hung' });
      expect(performance.now() - began).toBeLessThan(2_000);
      const again = performance.now();
      expect(await refusal(write('still-hung'))).toMatchObject({ code: 'journal-hung' });
      expect(performance.now() - again).toBeLessThan(500);
    } finally {
      release();
    }
    await until(() => journal.unavailable === undefined);
    await write('after');
    await journal.close();
    const found = await ids(folder);
    expect(['before', 'while-hung', 'still-hung', 'after'].filter((id) => !found.has(id))).toEqual([]);
    expect((await verifyJournal(folder)).finding).toBeUndefined();
  });

  hangs('takes no more than its bound into memory, refuses then, and says how many events are missing', async () => {
    const folder = await newFolder();
    const journal = await openJournal(folder, { maxQueueBytes: 65_536 });
    const write = writer(journal);
    const release = await hangDisk();
    const refused = Promise.all(Array.from({ length: 300 }, (_, index) => refusal(write(`event-${index}`))));
    expect(journal.full).toBe(true);
    release();
    const full = (await refused).filter((error) => error?.message.includes('too many')).length;
    expect(full).toBeGreaterThan(100);
    await until(() => !journal.full && journal.unavailable === undefined);
    await write('after');
    await journal.close();
    const lost = [];
    for await (const { unmapped } of queryEvents(folder, { reason: 'events-lost' }))
      lost.push('fields' in unmapped && unmapped.fields?.count);
    expect(lost).toEqual([full]);
  });
});
