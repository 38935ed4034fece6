// `gatehouse audit`: what an auditor does with the journal of a service. Needs no running service, and no right to write.
import { readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { EventFilter, EventProof, Verification } from '@gatehouse/audit';
import {
  expectJournal,
  explanation,
  keysOf,
  printable,
  readCount,
  readProof,
  readTime,
  wrapped,
} from './audit.input.ts';

interface VerifyFlags {
  checkpoint: string[];
  key: string[];
  json?: boolean;
}

interface QueryFlags extends EventFilter {
  limit: number;
}

const each = (value: string, before: string[] = []): string[] => [...before, value];

/** Adds the commands. */
export function registerAudit(program: Command): void {
  const audit = program.command('audit').description('Verify and read the audit journal of a service');
  audit
    .command('verify')
    .description('Check a journal from its first record to its last; name the first one that is wrong')
    .argument('<folder>', 'such as .gatehouse/api/audit')
    .option('--checkpoint <file>', 'a checkpoint that was kept elsewhere; may be repeated', each, [])
    .option('--key <file>', 'the key of the checkpoints (checkpoint.pub), kept elsewhere; may be repeated', each, [])
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExit code: 0 as it was written, 1 tampered with, 2 it cannot be looked at.')
    .action((folder: string, flags: VerifyFlags) => explained(() => verify(resolve(folder), flags)));
  audit
    .command('prove')
    .description('Prove to somebody else that an event was in the journal, without showing the others')
    .argument('<folder>', 'such as .gatehouse/api/audit')
    .argument('<event>', 'id of the event: the requestId of an answer')
    .option('--checkpoint <file>', 'against this checkpoint; the first that covers it by default')
    .option('--key <file>', 'the key of the checkpoints', each, [])
    .action((folder: string, event: string, flags: { checkpoint?: string; key: string[] }) =>
      explained(() => prove(resolve(folder), event, flags)),
    );
  audit
    .command('check-proof')
    .description('Check what "prove" printed: needs no journal')
    .argument('<file>', 'the proof')
    .requiredOption('--key <file>', 'the key of the checkpoints', each)
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExit code: 0 it holds, 1 it does not, 2 it cannot be looked at.')
    .action((file: string, flags: { key: string[]; json?: boolean }) => explained(() => check(file, flags)));
  audit
    .command('query')
    .description('Print the events that match, oldest first, one a line')
    .argument('<folder>', 'such as .gatehouse/api/audit')
    .option('--id <id>', 'of the event, or the requestId')
    .option('--operation <name>', 'such as transfer.create')
    .option('--reason <code>', 'such as forbidden, or ok')
    .option('--actor <id>', 'the keyed identifier, as an event has it')
    .option('--object <id>', 'that the event is about')
    .option('--since <time>', 'UTC, such as 2026-11-24T00:00:00Z', readTime)
    .option('--until <time>', 'UTC; without it', readTime)
    .option('--limit <count>', 'at most so many', readCount, 1_000)
    .action((folder: string, flags: QueryFlags) => explained(() => query(resolve(folder), flags)));
  audit
    .command('tail')
    .description('Print the last events and those that come; Ctrl-C ends it')
    .argument('<folder>', 'such as .gatehouse/api/audit')
    .option('--lines <count>', 'how many of the last', readCount, 10)
    .option('--no-follow', 'end after the last')
    .action((folder: string, flags: { lines: number; follow: boolean }) =>
      explained(() => tail(resolve(folder), flags)),
    );
}

async function explained(work: () => Promise<number>): Promise<void> {
  const { AuditError } = await import('@gatehouse/audit');
  // who reads the first lines only, such as head, has not failed
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => process.exit(code === 'EPIPE' ? 0 : 2));
  try {
    process.exitCode = await work();
  } catch (error) {
    const message = error instanceof AuditError ? error.message : explanation(error);
    if (message === undefined) throw error;
    process.stderr.write(`${wrapped(`gatehouse audit: ${message}`, '  ')}\n`);
    process.exitCode = 2;
  }
}

/** However many line ends the tool has left behind that they were kept with. */
const notes = (files: readonly string[]): Promise<string[]> =>
  Promise.all(files.map(async (file) => `${(await readFile(file, 'utf8')).trimEnd()}\n`));

/** What somebody has kept, or what the folder says of itself. */
const given = (folder: string, files: readonly string[]): Promise<string[]> =>
  keysOf(files.length > 0 ? files : [join(folder, 'checkpoint.pub')]);

async function verify(folder: string, { checkpoint, key, json }: VerifyFlags): Promise<number> {
  const { verifyJournal } = await import('@gatehouse/audit');
  // a folder without any file is one from which all were taken, if somebody says that there was a journal
  const names = await readdir(folder);
  if (checkpoint.length === 0 && !names.includes('checkpoint')) await expectJournal(folder);
  const keys = await keysOf(key);
  const found = await verifyJournal(folder, { keys, checkpoints: await notes(checkpoint) });
  process.stdout.write(json ? `${JSON.stringify(found, undefined, 2)}\n` : verdict(found));
  return found.finding ? 1 : 0;
}

function verdict({ finding, records, first, provenSize, checkpoints, notes }: Verification): string {
  const lines = finding
    ? [`✗ ${finding.kind} at record ${finding.record}: ${finding.message}`]
    : [`✓ ${records} records from ${first} on are as they were written`];
  lines.push(`  ${checkpoints} checkpoints met; one vouches for everything before record ${provenSize}`);
  lines.push(...notes.map((note) => `  ! ${note}`));
  return `${lines.map((line) => wrapped(line, '    ')).join('\n')}\n`;
}

async function prove(
  folder: string,
  event: string,
  { checkpoint, key }: { checkpoint?: string; key: string[] },
): Promise<number> {
  const { proveEvent } = await import('@gatehouse/audit');
  await expectJournal(folder);
  const [note] = await notes(checkpoint === undefined ? [] : [checkpoint]);
  const proof = await proveEvent(folder, event, await given(folder, key), note);
  process.stdout.write(`${JSON.stringify(proof, undefined, 2)}\n`);
  return 0;
}

async function check(file: string, { key, json }: { key: readonly string[]; json?: boolean }): Promise<number> {
  const { checkProof } = await import('@gatehouse/audit');
  const proof = await readProof<EventProof>(file);
  const holds = checkProof(proof, await keysOf(key));
  const words = holds ? `✓ record ${proof.index} was in the journal as it stands here` : '✗ the proof does not hold';
  process.stdout.write(`${json ? JSON.stringify({ holds, record: proof.index }) : words}\n`);
  return holds ? 0 : 1;
}

async function query(folder: string, { limit, ...filter }: QueryFlags): Promise<number> {
  const { queryEvents } = await import('@gatehouse/audit');
  await expectJournal(folder);
  let left = limit;
  if (left > 0)
    for await (const event of queryEvents(folder, filter)) {
      show(JSON.stringify(event));
      if (--left === 0) break;
    }
  return 0;
}

const show = (json: string) => process.stdout.write(`${printable(json)}\n`);

const POLL_MS = 500;

async function tail(folder: string, { lines, follow }: { lines: number; follow: boolean }): Promise<number> {
  const { isCheckpoint, readRecords } = await import('@gatehouse/audit');
  await expectJournal(folder);
  const last: string[] = [];
  let next = 0;
  for await (const { sequence, json } of readRecords(folder)) {
    next = sequence + 1;
    if (!isCheckpoint(json)) last.push(json);
    if (last.length > lines) last.shift();
  }
  last.forEach(show);
  while (follow) {
    await new Promise((done) => setTimeout(done, POLL_MS));
    for await (const { sequence, json } of readRecords(folder, next)) {
      next = sequence + 1;
      if (!isCheckpoint(json)) show(json);
    }
  }
  return 0;
}
