// A thousand changes by somebody who can write the folder: each is found. The key and the last checkpoint were kept elsewhere.
import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { noteSigner, verifyJournal } from '../src/index.ts';
import { signCheckpoint } from '../src/checkpoint/checkpoint.ts';
import { GENESIS, recordLeaf, recordLine } from '../src/journal/record.line.ts';
import { CompactRange } from '../src/merkle/compact.range.ts';
import { newFolder, openJournal, removeFolders, SIGNING_KEY, until, writer } from './fixtures/folder.ts';

afterAll(removeFolders);

const ROUNDS = Number(process.env.GATEHOUSE_TEST_TAMPERINGS ?? 1_000);

/** Repeatable, so that a failure can be looked at. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Original {
  readonly folder: string;
  readonly key: string;
  readonly checkpoint: string;
  readonly files: ReadonlyMap<string, Buffer>;
}

/** Several files, one of them compressed, and checkpoints within. */
async function original(): Promise<Original> {
  const folder = await newFolder();
  const journal = await openJournal(folder, { maxSegmentBytes: 20_000 });
  const write = writer(journal);
  for (let index = 0; index < 80; index++) {
    await write(`event-${index}`);
    if (index % 25 === 24) journal.checkpoint();
  }
  await until(async () => (await readdir(folder)).includes('00000001.journal.gz'));
  await journal.close();
  const names = (await readdir(folder)).filter((name) => name.includes('.journal')).sort();
  const files = new Map<string, Buffer>();
  for (const name of names) {
    const bytes = await readFile(join(folder, name));
    files.set(name, name.endsWith('.gz') ? gunzipSync(bytes) : bytes);
  }
  return { folder, key: journal.verifier, checkpoint: await readFile(join(folder, 'checkpoint'), 'utf8'), files };
}

async function copyWith(from: Original, changed: ReadonlyMap<string, Buffer | undefined>): Promise<string> {
  const folder = await newFolder();
  await copyFile(join(from.folder, 'checkpoint.pub'), join(folder, 'checkpoint.pub'));
  for (const name of from.files.keys()) {
    const bytes = changed.has(name) ? changed.get(name) : from.files.get(name);
    if (bytes) await writeFile(join(folder, name), name.endsWith('.gz') ? gzipSync(bytes, { level: 1 }) : bytes);
  }
  return folder;
}

const lines = (bytes: Buffer): string[] => bytes.toString('latin1').split(/(?<=\n)/);
const join1 = (parts: readonly string[]): Buffer => Buffer.from(parts.join(''), 'latin1');

/** The last line is the checkpoint itself: it is over all records before it. */
function covered(from: Original, name: string): number {
  const last = [...from.files.keys()].at(-1) === name;
  return lines(from.files.get(name) as Buffer).length - (last ? 1 : 0);
}

type Change = (from: Original, name: string, pick: (below: number) => number) => Buffer | undefined;

const changes: Record<string, Change> = {
  'a byte is flipped': (from, name, pick) => {
    const bytes = Buffer.from(from.files.get(name) as Buffer);
    const at = pick(join1(lines(bytes).slice(0, covered(from, name))).length - 1);
    bytes[at] = (bytes[at] as number) ^ (1 << pick(8));
    return bytes;
  },
  'a line is deleted': (from, name, pick) => {
    const all = lines(from.files.get(name) as Buffer);
    all.splice(pick(covered(from, name)), 1);
    return join1(all);
  },
  'two lines are swapped': (from, name, pick) => {
    const all = lines(from.files.get(name) as Buffer);
    const at = pick(covered(from, name) - 1);
    const [a, b] = [all[at] as string, all[at + 1] as string];
    all.splice(at, 2, b, a);
    return join1(all);
  },
  'a line is inserted': (from, name, pick) => {
    const all = lines(from.files.get(name) as Buffer);
    all.splice(1 + pick(covered(from, name) - 1), 0, all[1 + pick(all.length - 2)] as string);
    return join1(all);
  },
  'the file is truncated': (from, name, pick) => {
    const bytes = from.files.get(name) as Buffer;
    return bytes.subarray(0, pick(join1(lines(bytes).slice(0, covered(from, name))).length - 1));
  },
  'the file is gone': () => undefined,
};

describe('tampering', () => {
  let from: Original;
  beforeAll(async () => void (from = await original()));

  it('is not found where there is none', async () => {
    const folder = await copyWith(from, new Map());
    const { finding, provenSize, records } = await verifyJournal(folder, {
      keys: [from.key],
      checkpoints: [from.checkpoint],
    });
    expect([finding, provenSize]).toEqual([undefined, records - 1]);
  });

  it(`is found ${ROUNDS} times of ${ROUNDS}`, async () => {
    const pick = random(20_261_124);
    const [names, kinds] = [[...from.files.keys()], Object.entries(changes)];
    const missed: string[] = [];
    const told = new Map<string, number>();
    for (let round = 0; round < ROUNDS; round++) {
      const [what, change] = kinds[round % (kinds.length - (round < 50 ? 0 : 1))] as [string, Change];
      const name = names[pick(names.length)] as string;
      const folder = await copyWith(from, new Map([[name, change(from, name, pick)]]));
      const { finding } = await verifyJournal(folder, { keys: [from.key], checkpoints: [from.checkpoint] });
      if (!finding) missed.push(`${round}: ${what} in ${name}`);
      else told.set(`${what}: ${finding.kind}`, (told.get(`${what}: ${finding.kind}`) ?? 0) + 1);
      await rm(folder, { recursive: true });
    }
    expect(missed).toEqual([]);
    // every kind of change is called by its name in most cases
    for (const [what, kind] of [
      ['a byte is flipped', 'changed'],
      ['a line is deleted', 'removed'],
      ['two lines are swapped', 'swapped'],
      ['a line is inserted', 'inserted'],
      ['the file is truncated', 'truncated'],
    ])
      expect(told.get(`${what}: ${kind}`) ?? 0).toBeGreaterThan(ROUNDS / kinds.length / 4);
  }, 300_000);

  it('is found when everything behind it was written anew', async () => {
    const folder = await copyWith(from, rewritten(from));
    const { finding } = await verifyJournal(folder, { keys: [from.key], checkpoints: [from.checkpoint] });
    expect(finding).toMatchObject({ kind: 're-chained' });
  });

  it('is found when the checkpoints were made anew with another key', async () => {
    const folder = await copyWith(from, rewritten(from, Buffer.alloc(32, 9)));
    const { finding } = await verifyJournal(folder, { keys: [from.key], checkpoints: [from.checkpoint] });
    expect(finding).toMatchObject({ kind: 're-chained' });
  });

  it('with the stolen key is found by the checkpoint that was kept elsewhere, and by nothing else', async () => {
    const folder = await copyWith(from, rewritten(from, SIGNING_KEY));
    expect((await verifyJournal(folder, { keys: [from.key] })).finding).toBeUndefined();
    const { finding } = await verifyJournal(folder, { keys: [from.key], checkpoints: [from.checkpoint] });
    // where it begins is not told by those that were signed anew with it
    expect(finding).toMatchObject({ kind: 're-chained', record: 0, message: expect.stringContaining('from 0 up to') });
  });
});

/** What somebody does who knows the format: changes an event and makes every hash behind it right. */
function rewritten(from: Original, key?: Buffer): Map<string, Buffer> {
  const signer = key && noteSigner('gatehouse/test', key);
  const tree = new CompactRange();
  let previous = GENESIS;
  const result = new Map<string, Buffer>();
  for (const [name, bytes] of from.files) {
    const out = lines(bytes).map((line) => {
      if (line.startsWith('h ')) {
        const header = JSON.parse(line.slice(2)) as object;
        const roots = tree.nodes().map((root) => root.toString('base64'));
        return `h ${JSON.stringify({ ...header, prev: previous, tree: roots })}\n`;
      }
      let json = line.slice(46, -1).replaceAll('"event-7"', '"event-X"');
      if (signer && json.startsWith('{"checkpoint":')) {
        const record = JSON.parse(Buffer.from(json, 'latin1').toString('utf8')) as { checkpoint: string };
        const [origin = ''] = record.checkpoint.split('\n');
        const note = signCheckpoint({ origin, size: tree.size, root: tree.root() }, signer);
        json = Buffer.from(JSON.stringify({ ...record, checkpoint: note })).toString('latin1');
      }
      const text = Buffer.from(json, 'latin1').toString('utf8');
      const leaf = recordLeaf(previous, text);
      tree.append(leaf);
      previous = leaf.toString('base64url');
      return Buffer.from(recordLine(previous, text)).toString('latin1');
    });
    result.set(name, join1(out));
  }
  return result;
}
