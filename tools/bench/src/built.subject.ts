// Services as they run in production: built to one file, started by Node.js alone, judged from outside by what the system counts.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { BenchSession } from './bench.session.ts';
import type { Call, Listening } from './child.protocol.ts';
import { ask, freePorts } from './https.client.ts';
import { processUsage } from './process.usage.ts';
import { NOTE_CALLS } from './sample.ts';
import type { Method, Subject } from './subject.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const START_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 15_000;

/** The service that answers from memory, built. */
export async function startBuilt(session: BenchSession): Promise<Subject> {
  const bundle = await build(session, 'tools/bench', 'tools/bench/src/servers/notes.main.ts', 'notes.main.mjs');
  return startProgram(session, 'gatehouse, built', bundle, async () => NOTE_CALLS);
}

/** The reference API with its embedded database, whose own processes are not counted. */
export async function startApi(session: BenchSession): Promise<Subject> {
  const bundle = await build(session, 'apps/api', 'apps/api/src/main.ts', 'main.mjs');
  return startProgram(session, 'reference API', bundle, ledgerCalls);
}

async function build(session: BenchSession, project: string, input: string, file: string): Promise<string> {
  const cli = join(ROOT, 'node_modules/rolldown/bin/cli.mjs');
  // Below node_modules' reach: the program of the embedded database is a package that is looked up when it starts.
  const folder = join(ROOT, 'tools/bench/bundle', project.replace('/', '-'));
  const config = join(ROOT, 'tools/cli/rolldown.config.mjs');
  const cwd = join(ROOT, project);
  session.progress(`building ${project}`);
  const args = [cli, '-c', config, '--input', join(ROOT, input), '--dir', folder];
  await promisify(execFile)(process.execPath, args, { cwd, timeout: START_WITHIN_MS });
  return join(folder, file);
}

/** The first start makes certificates and a database, the second is what counts. */
async function startProgram(
  session: BenchSession,
  name: string,
  file: string,
  callsOf: (at: Listening) => Promise<Record<Method, Call>>,
): Promise<Subject> {
  const state = join(session.folder, name.replaceAll(/\W+/g, '-'));
  await mkdir(state);
  const [https, http, management] = await freePorts(3);
  const env = {
    PATH: process.env.PATH,
    GATEHOUSE_STATE: state,
    GATEHOUSE_TLS_SOURCES: 'embedded', // whose CA is in the state folder
    GATEHOUSE_HTTPS_PORT: `${https}`,
    GATEHOUSE_HTTP_PORT: `${http}`,
    GATEHOUSE_MANAGEMENT_PORT: `${management}`,
  };
  const start = async (): Promise<{ program: ChildProcess; at: Listening; begin: number }> => {
    const begin = performance.now();
    const program = spawn(process.execPath, [file], { env, stdio: 'ignore' });
    session.onEnd(() => stop(program));
    return { program, at: await firstAnswer(program, https as number, state), begin };
  };
  await stop((await start()).program);
  const { program, at, begin } = await start();
  const startMs = performance.now() - begin;
  const usage = () => processUsage(program.pid as number);
  const subject = await session.answering({ name, at, calls: await callsOf(at), usage }, begin);
  return { ...subject, startMs };
}

async function firstAnswer(program: ChildProcess, port: number, state: string): Promise<Listening> {
  const deadline = performance.now() + START_WITHIN_MS;
  while (performance.now() < deadline) {
    if (program.exitCode !== null) throw new Error(`it ended with exit code ${program.exitCode}`);
    const ca = await readFile(join(state, 'ca/ca.pem'), 'utf8').catch(() => undefined);
    const answer = ca ? await ask({ port, ca }, 'GET', '/health/live').catch(() => undefined) : undefined;
    if (ca && answer?.status === 200) return { port, ca };
    await delay(5);
  }
  throw new Error(`no answer within ${START_WITHIN_MS} ms`);
}

async function stop(program: ChildProcess): Promise<void> {
  if (program.exitCode !== null || program.signalCode !== null) return;
  const gone = once(program, 'exit');
  program.kill('SIGTERM');
  const late = setTimeout(() => program.kill('SIGKILL'), STOP_WITHIN_MS);
  await gone;
  clearTimeout(late);
}

const PAIRS = 32;

/** Accounts in pairs, so that two transfers seldom wait for the same row. */
async function ledgerCalls(at: Listening): Promise<Record<Method, Call>> {
  const ids: string[] = [];
  for (let index = 0; index < 2 * PAIRS; index++) {
    const account = { holder: `bench ${index}`, currency: 'EUR', overdraftLimit: 1_000_000_000 };
    const { status, text } = await ask(at, 'POST', '/v1/accounts', account);
    if (status !== 201) throw new Error(`POST /v1/accounts answered ${status}: ${text.slice(0, 200)}`);
    ids.push((JSON.parse(text) as { id: string }).id);
  }
  const bodies = Array.from({ length: PAIRS }, (_, pair) =>
    JSON.stringify({ from: ids[2 * pair], to: ids[2 * pair + 1], amount: 1, currency: 'EUR' }),
  );
  return {
    GET: { method: 'GET', paths: ids.map((id) => `/v1/accounts/${id}`), status: 200 },
    POST: { method: 'POST', paths: ['/v1/transfers'], bodies, freshHeader: 'idempotency-key', status: 201 },
  };
}
