// Who gets in without a good token: nobody who is not declared public, and by no way but the header.
import { skip, type Check, type Finding } from '../check.ts';
import { summary } from '../client/answer.ts';
import { sendRaw, type RawResult } from '../client/raw.client.ts';
import { unsigned } from '../credentials/jwt.ts';
import { modelToken } from '../credentials/known.token.ts';
import {
  answersOfAll,
  findingsOf,
  isProtected,
  nameOf,
  protectedRoutes,
  refusedByAll,
} from '../credentials/protected.routes.ts';
import type { Operation } from '../openapi/openapi.document.ts';
import { reachingRequest } from '../openapi/operation.request.ts';
import type { Target } from '../target.ts';

const NOTHING = { what: 'a caller without a credential', headers: () => ({}) };

export const authRequired: Check = {
  id: 'auth-required',
  title: 'No protected route answers without a credential',
  control: ['ASVS V8.2.1', 'ASVS V8.3.1', 'API2:2023', 'API5:2023'],
  severity: 'critical',
  remedy: 'ask who calls on every route by default, before anything else; exempt public routes one by one',
  async run(target, note) {
    const answers = (await withoutCredential(target)).map(({ answer }) => answer);
    const open = (await target.api()).operations.filter(({ access }) => access.kind === 'public').map(nameOf);
    note(`${answers.length} routes asked; declared public: ${open.join(', ') || 'none'}`);
    const mute = answers.filter(({ status, headers }) => status === 401 && !headers['www-authenticate']);
    const findings = findingsOf(NOTHING.what, answers);
    if (mute.length === 0) return findings;
    const message = `${mute.length} answers with 401 do not say how to authenticate: WWW-Authenticate is missing`;
    return [...findings, { message, evidence: mute[0].label, severity: 'low' }];
  },
};

export const authUndeclared: Check = {
  id: 'auth-undeclared',
  title: 'The API document says of each route who may call it',
  control: ['ASVS V8.1.1', 'API9:2023'],
  severity: 'medium',
  remedy: 'give every operation `security`: a requirement with its scopes, or [] for a public one',
  async run(target) {
    const { operations } = await target.api();
    if (!operations.some(isProtected))
      skip('the OpenAPI document says of no route that it needs a credential (security)');
    const undecided = operations.filter(({ access }) => access.kind === 'undeclared').map(nameOf);
    return undecided.length === 0 ? [] : [{ message: `nothing is said of ${undecided.join(', ')}` }];
  },
};

export const authTokenInUrl: Check = {
  id: 'auth-token-in-url',
  title: 'A token in the address is of no use',
  control: ['ASVS V14.2.1', 'RFC 6750 §2.3', 'API2:2023'],
  severity: 'medium',
  remedy: 'take credentials from headers alone: addresses are logged, cached and sent on as Referer',
  async run(target) {
    await modelToken(target);
    const token = encodeURIComponent(target.options.token ?? '');
    const refused = (await withoutCredential(target)).filter(({ answer }) => [401, 403].includes(answer.status));
    const findings = refused.map(async ({ operation, request }): Promise<Finding[]> => {
      const path = `${request.path}${request.path.includes('?') ? '&' : '?'}access_token=${token}`;
      const answer = await target.stranger({ ...request, path });
      const turnedAway = [0, 400, 401, 403, 429].includes(answer.status);
      return turnedAway
        ? []
        : [{ message: `${nameOf(operation)} takes access_token in its address`, evidence: summary(answer) }];
    });
    return (await Promise.all(findings)).flat();
  },
};

const random = (): string => Math.random().toString(36);

/** New ones for each route: the same one would be counted against the account that it seems to name. */
const MALFORMED: Readonly<Record<string, () => string>> = {
  'an Authorization header that is nonsense': () => `Bearer conformance-${random()}`,
  'a token of three parts that are none': () => `Bearer ${unsigned({}, { sub: random() })}.conformance`,
  'a token of 8 KiB': () => `Bearer ${random().padEnd(8_192, 'a')}`,
  'another scheme': () => `Basic ${Buffer.from(`${random()}:conformance`).toString('base64')}`,
  'a header that is not ASCII': () => 'Bearer \u00ff\u00fe',
};

export const authMalformed: Check = {
  id: 'auth-malformed',
  title: 'A malformed credential is refused without harm',
  control: ['ASVS V2.2.1', 'ASVS V16.5.3', 'API2:2023'],
  severity: 'high',
  remedy: 'answer 401 to whatever does not parse, before it is looked at more closely',
  run(target, note) {
    const credentials = Object.entries(MALFORMED).map(([what, make]) => ({
      what,
      headers: () => ({ authorization: make() }),
    }));
    return refusedByAll(target, credentials, note);
  },
};

export const authTwoHeaders: Check = {
  id: 'auth-two-headers',
  title: 'Two Authorization headers in one request are refused',
  control: ['ASVS V4.2.1', 'RFC 9110 §5.3', 'CWE-436'],
  severity: 'medium',
  remedy: 'refuse a request with two: what stands in front of the service may have looked at the other one',
  async run(target) {
    await modelToken(target);
    const good = `Bearer ${target.options.token}`;
    const route = await openRoute(target, good);
    if (!route) return skip('no GET route without a parameter in its path answers the token');
    const pairs = [
      [good, 'Bearer conformance'],
      ['Bearer conformance', good],
      [good, good],
    ];
    const answers = await Promise.all(pairs.map((pair) => sendHeaders(target, route, pair)));
    const taken = answers.find(isIn);
    return taken ? [{ message: `${nameOf(route)} takes one of two credentials`, evidence: summary(taken.answer) }] : [];
  },
};

/** The first route that needs a credential, and that this one opens. */
async function openRoute(target: Target, authorization: string): Promise<Operation | undefined> {
  const { operations } = await protectedRoutes(target);
  for (const operation of operations.filter(({ method, path }) => method === 'GET' && !path.includes('{')))
    if (isIn(await sendHeaders(target, operation, [authorization]))) return operation;
  return undefined;
}

/** Raw, since clients send no header twice. */
async function sendHeaders(target: Target, operation: Operation, values: readonly string[]): Promise<RawResult> {
  const { url, options } = target;
  const { path } = reachingRequest(await target.api(), operation);
  const headers = [`Host: ${url.host}`, 'Connection: close', ...values.map((value) => `Authorization: ${value}`)];
  const bytes = [`GET ${path} HTTP/1.1`, ...headers, '', ''].join('\r\n');
  return sendRaw({ url, timeoutMs: options.timeoutMs, label: nameOf(operation) }, bytes);
}

const isIn = ({ answer }: RawResult): boolean => answer.status >= 200 && answer.status < 300;

/** Asked once, for every check that compares with it. */
function withoutCredential(target: Target) {
  return target.once('without credential', () => answersOfAll(target, NOTHING));
}
