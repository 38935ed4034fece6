// What a service writes down of its callers: enough to find a request again, nothing that a caller could use to be somebody else, and no
// line that the caller wrote. The service is started for it, because its output belongs to whoever started it.
import { randomBytes } from 'node:crypto';
import type { Check, Finding } from '../check.ts';
import { type Answer, jsonOf } from '../client/answer.ts';
import { HttpClient } from '../client/http.client.ts';
import { sendRaw } from '../client/raw.client.ts';
import { OUTPUT_KEPT, type ServiceProcess } from '../process/service.process.ts';
import type { Target } from '../target.ts';

/** How long lines may wait for others, in milliseconds. */
const WRITTEN_MS = 1_500;
const PAGES = ['/metrics', '/alerts', '/policy', '/health/ready'];

/** What callers sent, and what became of it. */
interface Watched {
  /** Stands in every credential and every personal value that was sent. */
  readonly canary: string;
  /** Stands where a line was to be forged. */
  readonly mark: string;
  readonly refused: Answer;
  /** All that the process wrote, both streams. */
  readonly output: string;
  /** Pages of its management port. */
  readonly pages: readonly Answer[];
}

export const logRequestId: Check = {
  id: 'log-request-id',
  title: 'A refusal is found in the log by the id that its caller has',
  control: ['ASVS V16.2.1', 'ASVS V16.5.1'],
  severity: 'medium',
  remedy:
    'give each request an id, send it in the answer and in the problem, and write it into every line about the request',
  needs: 'process',
  async run(target) {
    const { refused, output } = await watched(target);
    const id = refused.headers['x-request-id'];
    if (id === undefined) return [{ message: 'a refusal carries no x-request-id' }];
    const findings: Finding[] = [];
    const { requestId = id } = (jsonOf(refused) ?? {}) as { requestId?: string };
    if (requestId !== id) findings.push({ message: 'the problem has another id than the answer' });
    if (!output.includes(id)) findings.push({ message: 'no line of the log has the id of a refusal' });
    return findings;
  },
};

export const logForging: Check = {
  id: 'log-forging',
  title: 'No caller writes a line of the log, or colours a terminal',
  control: ['ASVS V16.4.1', 'CWE-117', 'CWE-150'],
  severity: 'high',
  remedy: 'write structured lines; encode line breaks and control characters of everything that a caller sent',
  needs: 'process',
  async run(target) {
    const { output, mark } = await watched(target);
    const findings: Finding[] = [];
    const forged = output.split(/[\n\r\u0085\u2028\u2029]/).find((line) => line.startsWith(mark));
    if (forged !== undefined)
      findings.push({ message: 'a caller wrote a line of the log', evidence: forged.slice(0, 200) });
    if (output.includes(`\u001b[31m${mark}`))
      findings.push({ message: "a caller's escape sequence is in the log as it came" });
    return findings;
  },
};

export const logSecrets: Check = {
  id: 'log-secrets',
  title: 'Neither log nor metrics hold a credential or a personal value that a caller sent',
  control: ['ASVS V16.2.5', 'CWE-532'],
  severity: 'high',
  remedy: 'write down route, status and ids; never a header, a query, a body or a path as it came',
  needs: 'process',
  async run(target) {
    const { output, pages, canary } = await watched(target);
    const lines = output.split('\n').filter((line) => line.includes(canary));
    const inLog = lines.slice(0, 1).map((line): Finding => ({
      message: 'the log holds what a caller sent as a credential, or of a person',
      evidence: line.replaceAll(canary, '(canary)').slice(0, 200),
    }));
    const shown = pages
      .filter(({ text }) => text.includes(canary))
      .map(({ label }): Finding => ({
        message: `${label} holds what a caller sent as a credential, or of a person`,
      }));
    return [...inLog, ...shown];
  },
};

/** Once for the three of them. */
const watched = (target: Target): Promise<Watched> =>
  target.once('watched process', async () => watch((await target.process()).service, target));

async function watch(service: ServiceProcess, target: Target): Promise<Watched> {
  const client = new HttpClient();
  const canary = `canary${randomBytes(9).toString('hex')}`;
  const mark = `forged${randomBytes(9).toString('hex')}`;
  const { timeoutMs } = target.options;
  try {
    const send = (path: string, headers: Record<string, string> = {}, method = 'GET', body?: string) =>
      client.send({ url: new URL(path, service.url), method, headers, body, timeoutMs });
    const refused = await send('/conformance/no-such-route');
    const basic = Buffer.from(`ada:${canary}`).toString('base64');
    await send(`/health/live?token=${canary}&email=${canary}%40example.test`, { cookie: `session=${canary}` });
    await send(`/${canary}`, { authorization: `Bearer ${canary}`, 'user-agent': canary });
    await send('/v1', { 'x-api-key': canary, authorization: `Basic ${basic}` }, 'POST', `{"password":"${canary}"}`);
    for (const breaking of ['%0d%0a', '%0a', '%c2%85', '%e2%80%a8', '%1b%5b31m'])
      await send(`/a${breaking}${mark}`, { 'user-agent': `x\u0085${mark}` });
    const raw = `GET /a\u001b[31m${mark} HTTP/1.1\r\nHost: x\r\nUser-Agent: \u001b[31m${mark}\r\n\r\n`;
    await sendRaw({ url: service.url, timeoutMs, label: 'escape sequences' }, raw);
    const pages = await Promise.all(
      PAGES.map((path) =>
        client.send({ url: new URL(path, service.management), timeoutMs, label: `${path} of the management port` }),
      ),
    );
    await new Promise((resolve) => setTimeout(resolve, WRITTEN_MS));
    if (service.written() > OUTPUT_KEPT)
      throw new Error(
        `it wrote more than ${OUTPUT_KEPT} characters: what it wrote first cannot be looked through any more`,
      );
    return { canary, mark, refused, pages, output: service.output() };
  } finally {
    client.close();
  }
}
