// Who did what is written down, once, so that it cannot be changed unseen; and what cannot be written down is not done. The journal is
// read in the folder that the process of the suite was given (GATEHOUSE_AUDIT_FOLDER), by code that is not the service's.
import { execFileSync } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { skip, type Check, type Finding } from '../check.ts';
import type { Answer } from '../client/answer.ts';
import { type AuditFolder, openSignedState, readAuditFolder, rootOf } from '../process/audit.folder.ts';
import { limitFileSize } from '../process/file.limit.ts';
import type { ServiceProcess } from '../process/service.process.ts';
import type { Target } from '../target.ts';
import { bodyRoute } from './body.route.ts';

export const auditRefusals: Check = {
  id: 'audit-refusals',
  title: 'Each refusal is exactly one event of the audit journal, under the id of its answer',
  control: ['ASVS V16.2.1', 'ASVS V16.3.2', 'ASVS V16.3.3'],
  severity: 'high',
  remedy: 'write one event for each request at the HTTP layer: what refuses before the handler is not to be missed',
  needs: 'process',
  async run(target) {
    const { answers, journal } = await auditedRun(target);
    return answers.flatMap((answer) => {
      const { label } = answer;
      if (idOf(answer) === '') return [{ message: `${label} has no request id by which its event could be found` }];
      const found = eventsOf(answer, journal.events).length;
      return found === 1 ? [] : [{ message: `${label} has ${found} events in the journal, not one` }];
    });
  },
};

const idOf = ({ headers }: Answer): string => headers['x-request-id'] ?? '';

/** What was written down of a request, without that it was about to be carried out. */
const eventsOf = (answer: Answer, events: AuditFolder['events']): AuditFolder['events'] =>
  events.filter(({ metadata, unmapped }) => metadata?.uid === idOf(answer) && unmapped?.phase !== 'intent');

export const auditCheckpoint: Check = {
  id: 'audit-checkpoint',
  title: 'The audit journal is a chain, its checkpoints are signed, and a later one continues the earlier',
  control: ['ASVS V16.4.2'],
  severity: 'high',
  remedy: 'never rewrite the journal; keep its checkpoints and its key on another machine and verify against them',
  needs: 'process',
  async run(target) {
    const { first, last, keys, journal } = await auditedRun(target);
    if (journal.broken !== undefined)
      return [{ message: `record ${journal.broken} of the journal does not continue the one before it` }];
    const states = [first, last].map((note) => openSignedState(note, keys));
    if (states.includes(undefined)) return [{ message: 'a checkpoint is not signed by the published key' }];
    const [earlier, later] = states as NonNullable<(typeof states)[number]>[];
    if (!earlier || !later || earlier.origin !== later.origin || later.size < earlier.size)
      return [{ message: 'the later checkpoint is not of the same journal, or smaller' }];
    return [earlier, later].flatMap(({ size, root }) =>
      size <= journal.leaves.length && rootOf(journal.leaves.slice(0, size)).toString('base64') === root
        ? []
        : [{ message: `the first ${size} records are not those that were signed` }],
    );
  },
};

export const auditFailClosed: Check = {
  id: 'audit-fail-closed',
  title: 'What changes something is refused while the audit journal cannot be written, and served again afterwards',
  control: ['ASVS V16.5.2', 'ASVS V16.5.3'],
  severity: 'high',
  remedy: 'write the intent durably before the handler runs; answer 503 while that fails, and try the journal again',
  needs: 'process',
  alone: true,
  async run(target) {
    const route = await bodyRoute(target);
    if (!route) skip('the service describes no route with a body');
    if (process.platform !== 'linux' || !has('prlimit')) skip('needs Linux and prlimit, to take the disk away');
    const { service, auditFolder } = await target.process();
    return withoutDisk(target, service, route, auditFolder);
  },
};

/** A body that no route takes: nothing is ever carried out. */
async function withoutDisk(
  target: Target,
  service: ServiceProcess,
  { method, path }: { method: string; path: string },
  folder: string,
): Promise<Finding[]> {
  if ((await readdir(folder).catch(() => [])).length === 0) skip(NO_JOURNAL);
  const ask = async () => (await call(target, service, method, path, '{}')).status;
  const usual = await ask();
  if (usual === 503 || usual === 401 || usual === 403)
    skip(`${method} ${path} is answered ${usual} by the process itself`);
  limitFileSize(service.child.pid, '0');
  const refused = await until(async () => (await ask()) === 503, 2_000);
  const alive = (await call(target, service, 'GET', '/health/live')).status;
  limitFileSize(service.child.pid, 'unlimited');
  const recovered = await until(async () => (await ask()) === usual, 10_000);
  return [
    ...(refused
      ? []
      : [{ message: `${method} ${path} is answered ${usual} and not 503, though nothing can be written` }]),
    ...(alive === 200
      ? []
      : [{ message: `the process answers ${alive} on /health/live while nothing can be written` }]),
    ...(recovered ? [] : [{ message: `${method} ${path} is still refused 10 s after the disk works again` }]),
  ];
}

interface AuditedRun {
  readonly answers: readonly Answer[];
  readonly journal: AuditFolder;
  readonly first: string;
  readonly last: string;
  readonly keys: readonly string[];
}

const NO_JOURNAL = 'the process writes no audit journal to GATEHOUSE_AUDIT_FOLDER';

/** How long it may take from one checkpoint to the next, milliseconds. */
const CHECKPOINT_MS = 15_000;

/** How long an event may be on its way after its answer, milliseconds: a checkpoint that came among the answers does not wait for the last. */
const EVENT_MS = 5_000;

/** Once for both checks: refusals of every kind between two checkpoints. */
const auditedRun = (target: Target): Promise<AuditedRun> =>
  target.once('audited run', async () => {
    const { service, auditFolder } = await target.process();
    const file = async (name: string) => readFile(join(auditFolder, name), 'utf8').catch(() => '');
    if ((await readdir(auditFolder).catch(() => [])).length === 0) skip(NO_JOURNAL);
    await until(async () => (await file('checkpoint')) !== '', CHECKPOINT_MS);
    const first = await file('checkpoint');
    const answers = await refusals(target, service);
    await until(async () => (await file('checkpoint')) !== first, CHECKPOINT_MS);
    await until(async () => {
      const { events } = await readAuditFolder(auditFolder);
      return answers.every((answer) => eventsOf(answer, events).length > 0);
    }, EVENT_MS);
    const keys = (await file('checkpoint.pub')).split('\n').filter((line) => line !== '');
    return { answers, first, keys, last: await file('checkpoint'), journal: await readAuditFolder(auditFolder) };
  });

async function refusals(target: Target, service: ServiceProcess): Promise<Answer[]> {
  const route = await bodyRoute(target);
  const own = (...what: [string, string, string?]) => call(target, service, ...what);
  const answers = [
    await own('GET', '/conformance-no-such-route'),
    await own('DELETE', '/health/live'),
    await own('GET', '/%zz'),
    ...(route
      ? [
          await own(route.method, route.path, '{'),
          await own(route.method, route.path, '{"conformance":1}'),
          await target.fetch({
            url: new URL(route.path, service.url),
            method: route.method,
            body: '{}',
            headers: { 'content-type': 'application/json', authorization: 'Bearer conformance' },
            label: `${route.method} ${route.path} with a wrong token`,
          }),
        ]
      : []),
  ];
  return answers.filter(({ status }) => status >= 400);
}

/** To the started process, with the token: it was started as the target was. */
function call(target: Target, service: ServiceProcess, method: string, path: string, body?: string): Promise<Answer> {
  const { token } = target.options;
  const headers = {
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  return target.fetch({ url: new URL(path, service.url), method, headers, body, label: `${method} ${path}` });
}

async function until(done: () => Promise<boolean>, ms: number): Promise<boolean> {
  for (const end = performance.now() + ms; performance.now() < end;) {
    if (await done()) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
