// One run: every server up, then rounds in which each server takes its turn, so that a neighbour's noise falls on all of them.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCertificate } from './certificate.ts';
import { Child } from './child.ts';
import type { Listening, StartOrder, Usage } from './child.protocol.ts';
import type { Report, Row } from './report.ts';
import { keptOf, summarise } from './statistics.ts';

/** All bounded: a run is (rounds + warm-up) × requests × methods × servers. */
export interface BenchOptions {
  readonly rounds: number;
  readonly requestsPerRound: number;
  readonly connections: number;
}

export const FULL: BenchOptions = { rounds: 9, requestsPerRound: 6_000, connections: 32 };
export const QUICK: BenchOptions = { rounds: 7, requestsPerRound: 3_000, connections: 32 };

const SERVERS = { raw: 'servers/raw.server', nest: 'servers/nest.server', gatehouse: 'servers/gatehouse.server' };
/** The compiler has seen every path before anything counts. */
const WARM_UP_ROUNDS = 2;
const METHODS = ['GET', 'POST'] as const;

interface Subject extends Listening {
  readonly name: string;
  readonly child: Child;
  readonly startMs: number;
  readonly micros: Record<(typeof METHODS)[number], number[]>;
}

/** @throws Error when raw node:https cannot be measured, or a server answers something else than the bytes asked for */
export async function runBench(options: BenchOptions): Promise<Report> {
  const children: Child[] = [];
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'));
  const load = start(children, 'load.process');
  try {
    const certificate = await makeCertificate();
    const subjects: Subject[] = [];
    const skipped: Record<string, string> = {};
    for (const [name, file] of Object.entries(SERVERS)) {
      // One after the other: two that start at once would slow each other's time to the first answer.
      await startSubject(name, start(children, file), load, { ...certificate, folder }).then(
        (subject) => subjects.push(subject),
        (error: Error) => (skipped[name] = error.message),
      );
    }
    if (skipped.raw) throw new Error(`raw node:https cannot be measured: ${skipped.raw}`);
    for (let round = -WARM_UP_ROUNDS; round < options.rounds; round++)
      await playRound(subjects, load, options, round >= 0);
    return { node: process.versions.node, ...options, rows: await toRows(subjects), skipped };
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    await rm(folder, { recursive: true, force: true });
  }
}

function start(children: Child[], file: string): Child {
  const child = new Child(file);
  children.push(child);
  return child;
}

async function startSubject(name: string, child: Child, load: Child, order: StartOrder): Promise<Subject> {
  const begin = performance.now();
  const listening = await child.ask<Listening>({ start: order });
  await load.ask({ ...listening, method: 'GET', requests: 1, connections: 1 });
  return { ...listening, name, child, startMs: performance.now() - begin, micros: { GET: [], POST: [] } };
}

async function playRound(subjects: Subject[], load: Child, options: BenchOptions, counts: boolean): Promise<void> {
  const { requestsPerRound: requests, connections } = options;
  for (const method of METHODS) {
    for (const { child, micros, port, ca } of subjects) {
      const before = await child.ask<Usage>('usage');
      await load.ask({ port, ca, method, requests, connections });
      const after = await child.ask<Usage>('usage');
      if (counts) micros[method].push((after.cpuMicros - before.cpuMicros) / requests);
    }
  }
}

async function toRows(subjects: Subject[]): Promise<Row[]> {
  const raw = subjects.find(({ name }) => name === 'raw');
  if (!raw) return [];
  const rows: Row[] = [];
  for (const { name, child, micros, startMs } of subjects) {
    const rssMiB = (await child.ask<Usage>('usage')).rssBytes / 1_048_576;
    for (const method of METHODS) {
      const [cpuMicros, keptOfRaw] = [summarise(micros[method]), keptOf(raw.micros[method], micros[method])];
      rows.push({ server: name, method, cpuMicros, keptOfRaw, startMs, rssMiB });
    }
  }
  return rows;
}
