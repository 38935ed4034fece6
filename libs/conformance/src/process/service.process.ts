// Starts the service as its owner would, on free ports and in a state folder of its own, and always ends it.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { HttpClient } from '../client/http.client.ts';
import type { ServiceCommand } from '../conformance.options.ts';
import { forgetGroup, keepGroup, makeFolder, removeFolder } from './keeper.ts';
import { GRACE_MS, isGroupAlive, signalGroup } from './process.group.ts';

/** Characters of output that are kept: checks look through what a service wrote, and some write a stack trace for each refusal. */
export const OUTPUT_KEPT = 1024 * 1024;

/** How long output may take that was written before the end, milliseconds. */
const LAST_WORDS_MS = 3_000;

/** A started process and its addresses. */
export interface ServiceProcess {
  readonly url: URL;
  /** Where its management port is expected. */
  readonly management: URL;
  readonly child: ChildProcess;
  /** What it wrote so far, both streams, its end. */
  output(): string;
  /** How much it wrote so far, both streams, in characters. */
  written(): number;
  /** What it wrote after so much, its end. */
  writtenSince(before: number): string;
  /** Whether it wrote this, or does within a moment: what it wrote last may arrive after its end is known. */
  said(text: string): Promise<boolean>;
  /** Resolves with its exit code, or undefined when it did not end in time. */
  exit(ms: number): Promise<number | undefined>;
  /** Resolves with true when its readiness probe answers 200, false when it ends or the time is over. */
  ready(ms: number): Promise<boolean>;
  /** Resolves with true when its HTTPS port takes a connection, false when it ends or the time is over. */
  listens(ms: number): Promise<boolean>;
  /** Whether anybody takes a connection on its HTTPS port, now. */
  isTaken(): Promise<boolean>;
  /** Kills what is left, and removes its state. */
  dispose(): Promise<void>;
}

/** So many run at once: more would be slow to start on a small machine, and what is slow to start is taken for broken. */
const AT_ONCE = 3;
let running = 0;
let ahead: Promise<unknown> = Promise.resolve();
const waiting: (() => void)[] = [];

async function takeTurn(): Promise<void> {
  await ahead;
  if (running >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
  running += 1;
}

function endTurn(): void {
  running -= 1;
  waiting.shift()?.();
}

/** Whoever waits for a turn waits for this work first: the longest checks of a run begin with it. */
export function goAhead<T>(work: () => Promise<T>): Promise<T> {
  const done = work();
  ahead = done.catch(() => undefined);
  return done;
}

/**
 * Starts `command` with `env` on top of its own.
 * @param inTurn false within {@link goAhead}
 */
export async function startService(
  command: ServiceCommand,
  env: Readonly<Record<string, string>> = {},
  inTurn = true,
): Promise<ServiceProcess> {
  if (inTurn) await takeTurn();
  const [https, http, management] = await freePorts(3);
  const state = makeFolder('conformance-');
  // where a Gatehouse service keeps the key of its laptop store: not in the home of whoever checks
  const config = makeFolder('conformance-config-');
  const ports = {
    GATEHOUSE_HTTPS_PORT: String(https),
    GATEHOUSE_HTTP_PORT: String(http),
    GATEHOUSE_MANAGEMENT_PORT: String(management),
    GATEHOUSE_STATE: state,
    XDG_CONFIG_HOME: config,
  };
  const [program, ...args] = command.argv;
  // a group of its own, so that what it starts ends with it
  const child = spawn(program, args, {
    cwd: command.cwd,
    env: { ...process.env, ...ports, ...command.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: process.platform !== 'win32',
  });
  const leader = child.pid;
  if (leader !== undefined) keepGroup(leader);
  let written = '';
  let length = 0;
  const keep = (chunk: Buffer) => {
    const text = chunk.toString('utf8');
    length += text.length;
    written = (written + text).slice(-OUTPUT_KEPT);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  let failure: Error | undefined;
  child.on('error', (error) => (failure = error));
  let silent = false;
  child.on('close', () => (silent = true));
  const url = new URL(`https://127.0.0.1:${https}`);
  const ended = () => failure !== undefined || child.exitCode !== null || child.signalCode !== null;
  return {
    url,
    management: new URL(`https://127.0.0.1:${management}`),
    child,
    output: () => failure?.message ?? written,
    written: () => length,
    writtenSince: (before) => (length === before ? '' : written.slice(before - length)),
    said: (text) => until(() => written.includes(text), LAST_WORDS_MS),
    exit: async (ms) => ((await until(ended, ms)) ? (child.exitCode ?? -1) : undefined),
    ready: (ms) => isReady(url, ended, ms),
    listens: async (ms) => {
      for (const end = Date.now() + ms; Date.now() < end && !ended(); await pause(50))
        if (await connects(https)) return true;
      return false;
    },
    isTaken: () => connects(https),
    dispose: async () => {
      // asked first: what it started in groups of their own (a database) only it can end
      if (!ended() && child.kill('SIGTERM')) await until(ended, GRACE_MS);
      if (leader !== undefined) {
        // whoever started the service (npm, a shell) may be gone before it. Of the dead that nobody reaps only their silence tells
        await until(() => silent || !isGroupAlive(leader), GRACE_MS);
        signalGroup(leader, 'SIGKILL');
        if (!ended()) await once(child, 'exit');
        forgetGroup(leader);
      }
      if (inTurn) endTurn();
      for (const folder of [state, config]) await removeFolder(folder);
    },
  };
}

async function isReady(url: URL, ended: () => boolean, ms: number): Promise<boolean> {
  const client = new HttpClient();
  try {
    for (const end = Date.now() + ms; Date.now() < end && !ended(); await pause(100)) {
      const answer = await client.send({ url: new URL('/health/ready', url), timeoutMs: 1_000 });
      if (answer.status === 200) return true;
    }
    return false;
  } finally {
    client.close();
  }
}

function connects(port: number | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
}

async function until(done: () => boolean, ms: number): Promise<boolean> {
  for (const end = Date.now() + ms; Date.now() < end && !done(); await pause(20));
  return done();
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Below the ports that systems give to whoever asks for any (Linux from 32768, others from 49152), above the well-known ones. */
const PORTS = { from: 12_000, to: 30_000 };

/**
 * Ports that are free now, and that nobody is given by chance before the process takes them: a stranger's server there would answer in its
 * name.
 */
async function freePorts(count: number): Promise<number[]> {
  const free = new Set<number>();
  for (let tries = 0; free.size < count; tries += 1) {
    // a system that lets none of these be taken gets one of its own choice
    const port = tries < 100 ? randomInt(PORTS.from, PORTS.to) : 0;
    const taken = await takePort(port);
    if (taken !== undefined) free.add(taken);
  }
  return [...free];
}

/** @returns undefined where another has it */
function takePort(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', (error: NodeJS.ErrnoException) => (port === 0 ? reject(error) : resolve(undefined)));
    server.listen(port, '127.0.0.1', () => {
      const { port: taken } = server.address() as AddressInfo;
      server.close(() => resolve(taken));
    });
  });
}
