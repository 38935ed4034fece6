// kill -9 in the middle of everything, again and again on one journal: what a caller was told is there, and the chain goes on.
import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { queryEvents, verifyJournal } from '../src/index.ts';
import { newFolder, removeFolders } from './fixtures/folder.ts';

afterAll(removeFolders);

const ROUNDS = Number(process.env.GATEHOUSE_TEST_KILLS ?? 5);
const root = new URL('../', import.meta.url).pathname;

/** Lets it write, kills it after some answers, and returns what was answered. */
function killed(folder: string, round: number): Promise<string[]> {
  const program = [
    '--conditions=@gatehouse/source',
    '--import=../../tools/cli/swc-hook.mjs',
    'test/fixtures/journal.writer.ts',
  ];
  const child = spawn(process.execPath, [...program, folder, String(round)], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const enough = 200 + ((round * 619) % 3_000);
  return new Promise((resolve, reject) => {
    let [text, errors] = ['', ''];
    child.stderr.on('data', (chunk) => (errors += String(chunk)));
    child.stdout.on('data', (chunk) => {
      text += String(chunk);
      if (text.length > enough * 12) child.kill('SIGKILL');
    });
    child.on('close', (_code, signal) => {
      if (signal !== 'SIGKILL') reject(new Error(errors));
      else resolve(text.split('\n').slice(0, -1));
    });
  });
}

it(`loses nothing that was answered, and stays whole, over ${ROUNDS} kill -9`, async () => {
  const folder = await newFolder();
  const answered: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    answered.push(...(await killed(folder, round)));
    const key = await readFile(join(folder, 'checkpoint.pub'), 'utf8');
    expect((await verifyJournal(folder, { keys: [key] })).finding).toBeUndefined();
  }
  const written = new Map<string, number>();
  for await (const { metadata } of queryEvents(folder)) written.set(metadata.uid, (written.get(metadata.uid) ?? 0) + 1);
  expect(answered.length).toBeGreaterThan(ROUNDS * 200);
  expect(answered.filter((id) => written.get(id) !== 1)).toEqual([]);
}, 600_000);
