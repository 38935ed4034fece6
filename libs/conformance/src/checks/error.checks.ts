// What every refusal has in common: one machine-readable shape, no word of the inside, and an id that the log has too.
import { skip, type Check, type Finding } from '../check.ts';
import { jsonOf, summary, type Answer } from '../client/answer.ts';
import type { Target } from '../target.ts';
import { allBadBodyAnswers } from './bad.input.ts';
import { allBadRequestAnswers } from './request.checks.ts';

export const problemJson: Check = {
  id: 'problem-json',
  title: 'Every refusal is problem+json',
  control: ['RFC 9457', 'ASVS V16.5.1'],
  severity: 'medium',
  remedy: 'answer every error as application/problem+json with type, title and status, from one place',
  async run(target) {
    const answers = await refusals(target);
    return grouped(answers, (answer) => {
      const type = answer.headers['content-type'] ?? 'no content-type';
      if (!/^application\/problem\+json\b/i.test(type)) return `answered as ${type}`;
      const body = jsonOf(answer) as Record<string, unknown> | undefined;
      if (typeof body !== 'object' || body === null) return 'the body is no JSON object';
      if (typeof body.title !== 'string') return 'the problem has no title';
      return body.status === answer.status
        ? undefined
        : `the problem says status ${String(body.status)}, the answer another`;
    });
  },
};

/** Stack frames, absolute paths of a program, SQL states, and names of internals. */
const LEAKS: readonly (readonly [string, RegExp])[] = [
  [
    'a stack trace',
    /\n?\s+at .{1,200}[(:]\S+:\d+(:\d+)?\)?|Traceback \(most recent|"stack"\s*:|\bat java\.|goroutine \d+ \[/,
  ],
  [
    'a path of the server',
    /(?:\/(?:home|root|usr|srv|app|opt|var)\/|node_modules\/|[A-Z]:\\\\)[\w./\\-]+\.(?:[cm]?[jt]s|py|rb|java|go|php)/,
  ],
  [
    'a message of the database',
    /syntax error at or near|SQLSTATE|violates \w+-?\w* constraint|ER_[A-Z_]{4,}|ORA-\d{5}/,
  ],
  ['an internal error name', /\b(?:TypeError|ReferenceError|RangeError|SyntaxError|NullPointerException|ZodError)\b/],
];

export const errorLeak: Check = {
  id: 'error-leak',
  title: 'No refusal shows a stack, a path or an internal message',
  control: ['ASVS V16.5.1', 'ASVS V13.4.2', 'API8:2023'],
  severity: 'high',
  remedy: 'answer with the public text of the error catalogue; write the cause to the log under the request id',
  async run(target) {
    const answers = await refusals(target);
    return grouped(answers, ({ text }) => LEAKS.find(([, pattern]) => pattern.test(text))?.[0], 'the answer shows ');
  },
};

const ID_HEADERS = ['x-request-id', 'request-id', 'x-correlation-id', 'traceresponse'];

export const requestId: Check = {
  id: 'request-id',
  title: 'Every answer carries a request id of its own',
  control: ['ASVS V16.2.1'],
  severity: 'low',
  remedy: 'send x-request-id on every answer, success and error, fresh for each request',
  async run(target) {
    const refused = await refusals(target).catch(() => []);
    const answers = [await target.plainAnswer(), ...refused].filter(({ status }) => status !== 0);
    if (answers.length === 0) skip('nothing was answered');
    const missing = answers.filter((answer) => idOf(answer) === undefined);
    if (missing.length > 0)
      return [{ message: `${missing.length} of ${answers.length} answers carry no request id: ${labels(missing)}` }];
    const different = new Set(answers.map(idOf)).size;
    return different === answers.length
      ? []
      : [{ message: `${answers.length} answers share ${different} request ids` }];
  },
};

/** What would forge a line or a field of a log, if the service wrote it down as it came. */
const FORGED_IDS = ['conformance"} {"level":"fatal","msg":"forged', 'conformance\tforged', 'x'.repeat(4_096)];

export const requestIdInjection: Check = {
  id: 'request-id-injection',
  title: 'A hostile request id is not taken over',
  control: ['ASVS V16.4.1'],
  severity: 'medium',
  remedy: 'take over an incoming x-request-id only when it is short and plain ([A-Za-z0-9._-]); else make one',
  async run(target) {
    const answers = await Promise.all(
      FORGED_IDS.map((id) => target.send({ path: '/health/live', headers: { 'x-request-id': id } })),
    );
    const taken = answers.filter((answer, index) =>
      Object.values(answer.headers).some((value) => value.includes(FORGED_IDS[index])),
    );
    return taken.map((answer) => ({
      message: 'a hostile x-request-id comes back',
      evidence: idOf(answer)?.slice(0, 60),
    }));
  },
};

function idOf({ headers }: Answer): string | undefined {
  return ID_HEADERS.map((name) => headers[name]).find((value) => value !== undefined && value !== '');
}

async function refusals(target: Target): Promise<Answer[]> {
  const answers = [...(await allBadRequestAnswers(target)), ...(await allBadBodyAnswers(target))];
  const refused = answers.filter(({ status }) => status >= 400);
  return refused.length > 0 ? refused : skip('the service refused none of the bad requests');
}

/** One finding for each different fault, naming the requests that had it. */
function grouped(answers: readonly Answer[], faultOf: (answer: Answer) => string | undefined, prefix = ''): Finding[] {
  const faults = Map.groupBy(answers, (answer) => faultOf(answer));
  return [...faults].flatMap(([fault, found]) =>
    fault === undefined ? [] : [{ message: `${prefix}${fault}: ${labels(found)}`, evidence: summary(found[0]) }],
  );
}

function labels(answers: readonly Answer[]): string {
  const names = answers.map(({ label }) => label);
  const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
  return `${names.slice(0, 3).join(', ')}${more}`;
}
