// A record that came when the queue had found nothing more, and had not yet said so, was taken for one that a write under way would
// see: it waited until another came, and its call with it. That is where the next record of a caller comes that awaits each of its own.
import type { Journal } from '../../src/index.ts';
import { newFolder, openJournal, removeFolders } from '../fixtures/folder.ts';

afterAll(removeFolders);

const RECORDS = 50;
const LATEST_MS = 10_000;

const write = (journal: Journal): Promise<void> =>
  new Promise((resolve, reject) =>
    journal.append(
      (sequence, time) => JSON.stringify({ sequence, time }),
      'written',
      (error) => (error ? reject(error) : resolve()),
    ),
  );

it('a record that comes as the queue ends is written, with none after it', async () => {
  const journal = await openJournal(await newFolder());
  let written = 0;
  const oneByOne = async () => {
    for (; written < RECORDS; written++) await write(journal);
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, LATEST_MS)));
  await Promise.race([oneByOne(), late]);
  clearTimeout(timer);
  const reached = written;
  await journal.close();
  expect(reached).toBe(RECORDS);
});
