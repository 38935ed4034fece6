// The checks that start the service themselves, each with a process that it catches.
import { CHECKS as ALL, ConformanceInputError, runConformance } from '../src/index.ts';
import { startFixture, type RunningFixture } from './fixtures/fixture.server.ts';
import { programArgv } from './fixtures/start.program.ts';

const CHECKS = [
  ...['unsafe-settings', 'secret-environment', 'cert-refusal'],
  ...['log-request-id', 'log-forging', 'log-secrets'],
  ...['cert-alarm', 'cert-reload', 'cert-keeps-good'],
  ...['audit-refusals', 'audit-checkpoint', 'audit-fail-closed', 'sigterm-drain'],
];

/** What is wrong with a process, its name in process.program.ts, the check that catches it, and what that says. */
const DEFECTS = [
  ['starts whatever its certificate is', 'cert-refusal', 'cert-refusal', 'it listens with files that are not there'],
  [
    'refuses and does not say what',
    'cert-refusal-silent',
    'cert-refusal',
    'the refusal of a key of another certificate does not name tls.crt',
  ],
  ['never looks at its files again', 'cert-reload', 'cert-reload', 'the new certificate is not served 3 s after'],
  [
    'ends its connections for a new certificate',
    'cert-reload-drops',
    'cert-reload',
    'a connection from before the change was lost',
  ],
  [
    'takes over whatever is in its files',
    'cert-keeps-good',
    'cert-keeps-good',
    'with a certificate that has expired in its files it no longer serves the good one',
  ],
  [
    'says that it refuses what it takes over',
    'cert-keeps-good-says',
    'cert-keeps-good',
    'with a certificate that has expired in its files it no longer serves the good one',
  ],
  ['says nothing of the end', 'cert-alarm', 'cert-alarm', 'nothing is said of a certificate with a twentieth'],
  ['writes down no id', 'log-request-id', 'log-request-id', 'no line of the log has the id of a refusal'],
  ['writes down paths as they mean', 'log-forging', 'log-forging', 'a caller wrote a line of the log'],
  [
    'writes down agents as they came',
    'log-escape',
    'log-forging',
    "a caller's escape sequence is in the log as it came",
  ],
  ['writes down headers', 'log-secrets', 'log-secrets', 'the log holds what a caller sent as a credential'],
  [
    'writes down headers among much else',
    'log-secrets-verbose',
    'log-secrets',
    'the log holds what a caller sent as a credential',
  ],
  ['counts by paths', 'log-metrics', 'log-secrets', '/metrics of the management port holds what a caller sent'],
  ['does not write down an unknown route', 'audit-refusals', 'audit-refusals', 'has 0 events in the journal, not one'],
  ['writes everything twice', 'audit-refusals-twice', 'audit-refusals', 'has 2 events in the journal, not one'],
  ['changes what it wrote', 'audit-checkpoint', 'audit-checkpoint', 'record 0 of the journal does not continue'],
  [
    'goes on when it cannot write',
    'audit-fail-closed',
    'audit-fail-closed',
    'and not 503, though nothing can be written',
  ],
] as const;

/** What a check says of each defect that is its own; every other check passes. */
const passesBut = (own: string, why: unknown) =>
  CHECKS.map((id) => (id === own ? { id, status: 'fail', why } : { id, status: 'pass', why: undefined }));

let fixture: RunningFixture;
beforeAll(async () => void (fixture = await startFixture()));
afterAll(() => fixture.close());

const run = async (...argv: string[]) => {
  const { urls, caFile } = fixture;
  const command = { argv, env: { NODE_OPTIONS: '' }, startSeconds: 20, reloadSeconds: 3 };
  const { results } = await runConformance({
    url: urls.https.href,
    management: urls.management.href,
    caFile,
    only: CHECKS,
    command,
  });
  return results.map(({ id, status, reason, findings }) => ({ id, status, why: reason ?? findings[0]?.message }));
};

it('has a process that is caught for each check that starts one', () => {
  expect(ALL.filter(({ needs }) => needs).map(({ id }) => id)).toEqual(CHECKS);
  const own = ['sigterm-drain', 'unsafe-settings', 'secret-environment', ...DEFECTS.map(([, , id]) => id)];
  expect(CHECKS.filter((id) => !own.includes(id))).toEqual([]);
});

it('finds nothing on a process that drains and refuses', async () => {
  const results = await run(...programArgv('./process.program.ts'));
  expect(results).toEqual(CHECKS.map((id) => ({ id, status: 'pass', why: undefined })));
});

it('audit-refusals waits for an event that is written after a checkpoint', async () => {
  const { urls, caFile } = fixture;
  const { results } = await runConformance({
    ...{ url: urls.https.href, management: urls.management.href, caFile, only: ['audit-refusals'] },
    command: { argv: programArgv('./process.program.ts', 'audit-late'), env: { NODE_OPTIONS: '' } },
  });
  expect(results).toMatchObject([{ status: 'pass', findings: [] }]);
});

it('sigterm-drain alone catches a process that drops what is under way', async () => {
  const results = await run(...programArgv('./process.program.ts', 'sigterm-drain'));
  expect(results).toEqual(passesBut('sigterm-drain', 'the request under way at SIGTERM got no answer'));
});

it.each([
  ['passes a process that refuses the credential before the body', undefined, []],
  [
    'is not fooled where such a process drops what is under way',
    'sigterm-drain',
    ['the request under way at SIGTERM got no answer'],
  ],
])('sigterm-drain %s', async (_what, defect, messages) => {
  const { urls, caFile } = fixture;
  const argv = programArgv('./process.program.ts', defect ?? 'none', 'its own credential');
  const { results } = await runConformance({
    url: urls.https.href,
    management: urls.management.href,
    caFile,
    token: 'of.another.issuer',
    only: ['sigterm-drain'],
    command: { argv, env: { NODE_OPTIONS: '' }, startSeconds: 20 },
  });
  expect(results.flatMap(({ findings }) => findings.map(({ message }) => message))).toEqual(messages);
  expect(results[0]?.status).toBe(defect === undefined ? 'pass' : 'fail');
});

it('unsafe-settings alone catches a process that starts with any setting', async () => {
  const results = await run(...programArgv('./process.program.ts', 'unsafe-settings'));
  expect(results).toEqual(passesBut('unsafe-settings', 'the service starts with GATEHOUSE_TRUSTED_PROXIES=0.0.0.0/0'));
});

it.each([
  [
    'takes a secret from its environment',
    'secret-environment',
    'the service starts with GATEHOUSE_VAULT_TOKEN in its environment',
  ],
  ['refuses one and repeats its value', 'secret-echo', 'the value of GATEHOUSE_VAULT_TOKEN is in the output'],
])('secret-environment alone catches a process that %s', async (_what, defect, why) => {
  const results = await run(...programArgv('./process.program.ts', defect));
  expect(results).toEqual(passesBut('secret-environment', why));
});

it.each(DEFECTS)('a process that %s is caught by that check alone', async (_what, defect, own, why) => {
  const results = await run(...programArgv('./process.program.ts', defect));
  expect(results).toEqual(passesBut(own, expect.stringContaining(why)));
});

it.each<[string, string[], RegExp]>([
  ['is not there', ['/nonexistent/program'], /cannot be started: the program "\/nonexistent\/program" is not there/],
  ['is not in the PATH', ['nope-not-there'], /cannot be started: the program "nope-not-there" is not there \(ENOENT\)/],
  ['may not be executed', [import.meta.filename], /may not be executed \(EACCES\)/],
  ['is a folder', [import.meta.dirname], /is not there/],
  ['ends at once', ['sh', '-c', 'echo no database >&2; exit 1'], /ends and serves nothing: no database/],
  ['ends without a word', ['sh', '-c', 'exit 0'], /ends and serves nothing: it wrote nothing/],
])('a command that %s is wrong input, told once', async (_what, argv, message) => {
  for (const only of [CHECKS, ['unsafe-settings'], ['sigterm-drain']]) {
    const { urls, caFile } = fixture;
    const told: string[] = [];
    const run = runConformance({ url: urls.https.href, caFile, only, command: { argv } }, ({ id }) => told.push(id));
    const error = await run.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ConformanceInputError);
    expect((error as Error).message).toMatch(message);
    expect(told).toEqual([]);
  }
});

it('a command in a folder that is not there is wrong input', async () => {
  const { urls, caFile } = fixture;
  const command = { argv: ['sh'], cwd: '/nonexistent' };
  await expect(runConformance({ url: urls.https.href, caFile, command })).rejects.toThrow(/no folder \/nonexistent/);
});

it('a command that is never ready is an error of each check that needs it, and never a pass', async () => {
  const { urls, caFile } = fixture;
  const command = { argv: ['sleep', '60'], startSeconds: 1 };
  const only = ['hsts', 'log-request-id', 'sigterm-drain'];
  const { results } = await runConformance({ url: urls.https.href, caFile, only, command });
  expect(results.map(({ status }) => status)).toEqual(['pass', 'error', 'error']);
});
