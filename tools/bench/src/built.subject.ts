// Services as they run in production: built, started by Node.js alone, judged from outside by what the system counts.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { TestIssuer } from '@gatehouse/service/testing';
import type { BenchSession } from './bench.session.ts';
import type { Call, Listening } from './child.protocol.ts';
import { BUILT } from './guard.ts';
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
  return startProgram(session, BUILT, bundle, async () => NOTE_CALLS);
}

/** The reference API with its embedded database, whose own processes are not counted. */
export async function startApi(session: BenchSession): Promise<Subject> {
  const bundle = await build(session, 'apps/api', 'apps/api/src/main.ts', 'main.mjs');
  const issuer = await TestIssuer.create();
  const env = {
    ...(await issuer.environment(join(session.folder, 'issuer.json'))),
    GATEHOUSE_RATE_LIMIT_ADDRESS: '10000000/60/1000000', // all callers share the one address of this machine
  };
  return startProgram(session, 'reference API', bundle, (at) => ledgerCalls(at, issuer), env);
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
  settings: Readonly<Record<string, string>> = {},
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
    ...settings,
  };
  const flags = await imageFlags();
  const start = async (): Promise<{ program: ChildProcess; at: Listening; begin: number }> => {
    const begin = performance.now();
    const program = spawn(process.execPath, [...flags, file], { env, stdio: 'ignore' });
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

/** What the image of a service starts Node.js with. */
async function imageFlags(): Promise<string[]> {
  const text = await readFile(join(ROOT, 'docker/Dockerfile'), 'utf8');
  const command = /^CMD (\[.*\])$/m.exec(text)?.[1] ?? '[]';
  return (JSON.parse(command) as string[]).slice(1, -1);
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

/** So many callers that each stays below its own limits, which are not lifted. */
const CALLERS = 256;
const SCOPES = ['accounts:read', 'accounts:write', 'transfers:write'];

/** Two accounts for each caller, so that two transfers seldom wait for the same row. */
async function ledgerCalls(at: Listening, issuer: TestIssuer): Promise<Record<Method, Call>> {
  const callers = Array.from({ length: CALLERS }, (_, index) =>
    issuer.token({ subject: `bench-${index}`, scopes: SCOPES }),
  );
  const tokens = await Promise.all(callers);
  const pairs: string[][] = [];
  for (const token of tokens) pairs.push([await openAccount(at, token), await openAccount(at, token)]);
  const bodies = pairs.map(([from, to]) => JSON.stringify({ from, to, amount: 1, currency: 'EUR' }));
  return {
    GET: { method: 'GET', paths: pairs.map(([id]) => `/v1/accounts/${id}`), tokens, status: 200 },
    POST: { method: 'POST', paths: ['/v1/transfers'], bodies, tokens, freshHeader: 'idempotency-key', status: 201 },
  };
}

async function openAccount(at: Listening, token: string): Promise<string> {
  const account = { holder: 'bench', currency: 'EUR', overdraftLimit: 1_000_000_000 };
  const { status, text } = await ask(at, 'POST', '/v1/accounts', account, token);
  if (status !== 201) throw new Error(`POST /v1/accounts answered ${status}: ${text.slice(0, 200)}`);
  return (JSON.parse(text) as { id: string }).id;
}
