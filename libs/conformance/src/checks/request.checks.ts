// Bad requests apart from their body: routes, methods, addresses, headers and framing.
import { skip, type Check, type Finding } from '../check.ts';
import { isRefusal, summary, type Answer } from '../client/answer.ts';
import { sendRaw } from '../client/raw.client.ts';
import { requestFor, scalarQueryParameter, valueFor } from '../openapi/operation.request.ts';
import type { Target } from '../target.ts';
import { admitted, sampled, unsampled } from './bad.input.ts';

export const unknownRoute: Check = {
  id: 'unknown-route',
  title: 'An unknown route is refused with 404',
  control: ['ASVS V16.5.1', 'API9:2023'],
  severity: 'medium',
  remedy: 'answer 404 (or 401 to a stranger) on every path that is not a route',
  async run(target) {
    const answer = await unknownRouteAnswer(target);
    // deny by default may ask who is calling before it says that nothing is there
    return [401, 403, 404].includes(answer.status)
      ? []
      : [{ message: 'an unknown route is not refused', evidence: summary(answer) }];
  },
};

export const wrongMethod: Check = {
  id: 'wrong-method',
  title: 'A method that a route does not have is refused with 405 and Allow',
  control: ['ASVS V4.1.4', 'RFC 9110 §15.5.6'],
  severity: 'low',
  remedy: 'answer 405 with an Allow header',
  async run(target) {
    const answer = await wrongMethodAnswer(target);
    if (answer.status === 401 || answer.status === 403) return [];
    if (answer.status !== 405) return [{ message: `${answer.label}: expected 405`, evidence: summary(answer) }];
    return answer.headers.allow ? [] : [{ message: `${answer.label}: 405 without Allow` }];
  },
};

export const traceMethod: Check = {
  id: 'trace-method',
  title: 'TRACE is refused',
  control: ['ASVS V13.4.4'],
  severity: 'medium',
  remedy: 'do not answer TRACE',
  async run(target) {
    const answer = await target.send({ method: 'TRACE', path: '/health/live' });
    return isRefusal(answer) || answer.status === 501
      ? []
      : [{ message: 'TRACE is answered', evidence: summary(answer) }];
  },
};

export const malformedUrl: Check = {
  id: 'malformed-url',
  title: 'A malformed address is refused',
  control: ['ASVS V2.2.1', 'ASVS V16.5.3'],
  severity: 'medium',
  remedy: 'answer 400 or 404 when percent-encoding does not decode; keep decoding errors away from the 500 handler',
  async run(target) {
    const answers = await malformedUrlAnswers(target);
    return answers
      .filter((answer) => !isRefusal(answer))
      .map((answer) => ({ message: `${answer.label} is not refused`, evidence: summary(answer) }));
  },
};

export const duplicateQuery: Check = {
  id: 'duplicate-query',
  title: 'A query parameter sent twice is refused',
  control: ['ASVS V15.3.7'],
  severity: 'low',
  remedy: 'declare the query with a strict schema in which a scalar is one value',
  async run(target, note) {
    return (await duplicateQueryAnswers(target, note))
      .filter(({ status }) => status !== 400 && status !== 422)
      .map((answer) => ({ message: `${answer.label}: expected 400 or 422`, evidence: summary(answer) }));
  },
};

export const hugeHeader: Check = {
  id: 'huge-header',
  title: 'Huge headers and a huge address are refused',
  control: ['ASVS V15.2.2', 'API4:2023', 'RFC 6585 §5'],
  severity: 'medium',
  remedy: 'keep the limit of headers at 16 KiB, and answer 431 or close',
  async run(target) {
    const { url, options } = target;
    const raw = { url, timeoutMs: options.timeoutMs };
    const big = 'a'.repeat(256 * 1024);
    const bare = { label: 'a header of 256 KiB' };
    const results = await Promise.all([
      sendRaw({ ...raw, ...bare }, `GET /health/live HTTP/1.1\r\nHost: ${url.host}\r\nX-Conformance: ${big}\r\n\r\n`),
      sendRaw(
        { ...raw, label: 'an address of 256 KiB' },
        `GET /health/live?a=${big} HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`,
      ),
    ]);
    return notRefused(results);
  },
};

export const requestSmuggling: Check = {
  id: 'request-smuggling',
  title: 'Ambiguous framing is refused',
  control: ['ASVS V4.2.1', 'RFC 9112 §6.3'],
  severity: 'critical',
  remedy: 'use the strict HTTP parser: Content-Length beside Transfer-Encoding, or two lengths, close the connection',
  async run(target) {
    const { url, options } = target;
    const head = `POST /health/live HTTP/1.1\r\nHost: ${url.host}\r\nContent-Type: application/json\r\n`;
    const smuggled = `GET /health/live HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`;
    const both = `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`;
    const two = `${head}Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`;
    const results = await Promise.all([
      sendRaw({ url, timeoutMs: options.timeoutMs, label: 'Content-Length beside Transfer-Encoding' }, both),
      sendRaw({ url, timeoutMs: options.timeoutMs, label: 'two values of Content-Length' }, two),
    ]);
    return results
      .filter(({ answer, ended }) => !ended || (answer.status !== 400 && answer.status !== 0))
      .map(({ answer }) => ({
        message: `${answer.label}: expected 400 or a closed connection`,
        evidence: summary(answer),
      }));
  },
};

/** The answers of the requests above, for the checks that look over every refusal. */
export async function allBadRequestAnswers(target: Target): Promise<Answer[]> {
  const duplicates = await duplicateQueryAnswers(target, () => undefined).catch(() => []);
  return [
    await unknownRouteAnswer(target),
    await wrongMethodAnswer(target),
    ...(await malformedUrlAnswers(target)),
    ...duplicates,
  ];
}

function notRefused(results: readonly { answer: Answer; ended: boolean }[]): Finding[] {
  return results
    .filter(({ answer, ended }) => !ended || !isRefusal(answer))
    .map(({ answer }) => ({ message: `${answer.label} is not refused`, evidence: summary(answer) }));
}

function unknownRouteAnswer(target: Target): Promise<Answer> {
  return target.once('unknown route', () => target.send({ path: '/conformance/no-such-route' }));
}

async function wrongMethodAnswer(target: Target): Promise<Answer> {
  return target.once('wrong method', async () => {
    const live = await target.send({ path: '/health/live' });
    const path = live.status === 404 ? '/' : '/health/live';
    return target.send({ method: 'DELETE', path });
  });
}

function malformedUrlAnswers(target: Target): Promise<Answer[]> {
  const paths = ['/health/%E0%A4%A', '/health/%00', '/conformance/..%2f..%2f..%2fetc%2fpasswd'];
  return target.once('malformed url', () => Promise.all(paths.map((path) => target.send({ path }))));
}

async function duplicateQueryAnswers(target: Target, note: (text: string) => void): Promise<Answer[]> {
  const api = await target.api();
  const found = api.operations
    .filter(({ method }) => method === 'GET')
    .map((operation) => ({ operation, parameter: scalarQueryParameter(api, operation) }))
    .slice(0, 12);
  const operations = found.flatMap(({ operation, parameter }) => (parameter ? [{ operation, parameter }] : []));
  if (operations.length === 0) skip('no GET route of the service has a query parameter');
  const ask = async ({ operation, parameter }: (typeof operations)[number]) => {
    const request = requestFor(api, operation);
    const pair = new URLSearchParams([[parameter.name, valueFor(api, operation, parameter)]]).toString();
    const path = `${request.path}${request.path.includes('?') ? '&' : '?'}${pair}&${pair}`;
    const label = `GET ${operation.path} with "${parameter.name}" twice`;
    return { answer: await target.send({ ...request, path, label }) };
  };
  const exchanges = await target.once('duplicate query', () =>
    Promise.all(operations.map((operation) => ask(operation).catch(unsampled))),
  );
  return admitted(target, sampled(exchanges, note)).map(({ answer }) => answer);
}
