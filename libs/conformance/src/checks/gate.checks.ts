// Plain HTTP: a browser is sent on to HTTPS; whatever has already leaked something is refused, not quietly redirected.
// Before the checks something answered there, or there would be no run: who is silent now is not taken for safe without a word.
import { randomUUID } from 'node:crypto';
import { skip, type Check } from '../check.ts';
import { isRefusal, summary, type Answer } from '../client/answer.ts';
import type { HttpRequest } from '../client/http.client.ts';
import { sendRaw } from '../client/raw.client.ts';
import type { Target } from '../target.ts';

const FORGED = 'conformance.invalid';

export const httpRedirect: Check = {
  id: 'http-redirect',
  title: 'Plain HTTP serves nothing: a bare GET is sent to HTTPS',
  control: ['ASVS V12.2.1', 'ASVS V4.1.2'],
  severity: 'high',
  remedy: 'answer GET and HEAD on the plain port with 308 to the configured HTTPS address',
  async run(target) {
    const answer = await ask(target, { path: '/health/live?from=conformance' });
    if (isClosed(answer)) skip(silence(target, answer));
    if (isRefusal(answer)) return [];
    const { location = '' } = answer.headers;
    if (![301, 302, 303, 307, 308].includes(answer.status))
      return [{ message: 'plain HTTP is answered', evidence: summary(answer) }];
    const to = URL.parse(location);
    if (to?.protocol !== 'https:') return [{ message: `the redirect goes to "${location}", not to HTTPS` }];
    return answer.status === 308 || answer.status === 301
      ? []
      : [{ message: `the redirect is ${answer.status}, not permanent`, severity: 'low' }];
  },
};

export const httpForgedHost: Check = {
  id: 'http-forged-host',
  title: 'The redirect does not follow a forged Host',
  control: ['ASVS V4.1.3', 'RFC 9110 §7.2'],
  severity: 'high',
  remedy: 'redirect to the configured host, never to the one in the request',
  async run(target, note) {
    const answer = await ask(target, { path: '/', headers: { host: FORGED, 'x-forwarded-host': FORGED } });
    if (isClosed(answer)) note(`taken for a refusal: ${silence(target, answer)}`);
    const echoed = `${answer.headers.location ?? ''}`.includes(FORGED);
    return echoed ? [{ message: `a forged Host is reflected: location "${answer.headers.location}"` }] : [];
  },
};

export const httpCredential: Check = {
  id: 'http-credential',
  title: 'Plain HTTP refuses a credential and a body, and carries nothing out',
  control: ['ASVS V4.1.2', 'API2:2023'],
  severity: 'high',
  remedy: 'answer 403 on the plain port to anything with a credential, a body, or a method other than GET and HEAD',
  async run(target, note) {
    // the credential is made up: it opens nothing, and it is gone once it has travelled in the clear
    const authorization = `Bearer conformance-${randomUUID()}`;
    const path = '/health/live';
    const answers = await Promise.all([
      ask(target, { path, headers: { authorization }, label: 'GET with a bearer token' }),
      ask(target, { path, headers: { cookie: `session=${randomUUID()}` }, label: 'GET with a cookie' }),
      ask(target, { path, headers: { 'x-api-key': randomUUID() }, label: 'GET with an API key' }),
      ask(target, {
        path,
        method: 'POST',
        body: '{}',
        headers: { 'content-type': 'application/json' },
        label: 'POST with a body',
      }),
    ]);
    const closed = answers.filter(isClosed);
    const [first] = closed;
    if (first && closed.length === answers.length) skip(silence(target, first));
    for (const answer of closed) note(`${answer.label}: taken for a refusal: ${silence(target, answer)}`);
    return answers
      .filter((answer) => !isRefusal(answer))
      .map((answer) => ({ message: `${answer.label} is not refused`, evidence: summary(answer) }));
  },
};

export const httpNoHsts: Check = {
  id: 'http-no-hsts',
  title: 'No HSTS over plain HTTP',
  control: ['RFC 6797 §7.2'],
  severity: 'low',
  remedy: 'send strict-transport-security over HTTPS only',
  async run(target) {
    const answer = await ask(target, { path: '/' });
    if (isClosed(answer)) skip(silence(target, answer));
    return 'strict-transport-security' in answer.headers
      ? [{ message: 'plain HTTP carries strict-transport-security' }]
      : [];
  },
};

export const tlsPortCleartext: Check = {
  id: 'tls-port-cleartext',
  title: 'The TLS port serves nothing in the clear',
  control: ['ASVS V12.2.1'],
  severity: 'critical',
  remedy: 'let only TLS speak on the HTTPS port; do not sniff the protocol',
  async run(target) {
    const { url, options } = target;
    const bytes = `GET /health/live HTTP/1.1\r\nHost: ${url.host}\r\nConnection: close\r\n\r\n`;
    const { answer } = await sendRaw(
      { url, cleartext: true, timeoutMs: options.timeoutMs, label: 'HTTP on the TLS port' },
      bytes,
    );
    const served = answer.status >= 200 && answer.status < 400;
    return served ? [{ message: 'plain HTTP on the TLS port is answered', evidence: summary(answer) }] : [];
  },
};

function ask(
  target: Target,
  { path, ...request }: Omit<HttpRequest, 'url' | 'timeoutMs'> & { path: string },
): Promise<Answer> {
  return target.fetch({ ...request, url: new URL(path, target.gate) });
}

const silence = (target: Target, { failure = 'connection closed' }: Answer): string =>
  `nothing answers at ${target.gate.origin} (${failure})`;

function isClosed(answer: Answer): boolean {
  return answer.status === 0;
}
