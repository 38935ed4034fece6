// A caller that asks too often: refused in time, told when to come back, not let off for a forged address; and health stays up, or a
// balancer takes the flood to the next replica. Only against a loopback address: a flood is not for other people's machines.
import http2, { type ClientHttp2Session } from 'node:http2';
import https from 'node:https';
import { once } from 'node:events';
import { skip, type Check, type Finding } from '../check.ts';
import { bare, probingTls } from '../client/http.client.ts';
import { requestFor } from '../openapi/operation.request.ts';
import type { Target } from '../target.ts';

/** What may be spent until the first refusal. */
const BUDGET = { requests: 5_000, ms: 12_000, batch: 50 } as const;

export const rateLimit: Check = {
  id: 'rate-limit',
  title: 'A caller that asks too often is refused, and told when to come back',
  control: ['ASVS V2.4.1', 'API4:2023', 'RFC 6585 §4'],
  severity: 'high',
  remedy: 'limit by address before anything costly; answer 429 with Retry-After, RateLimit and RateLimit-Policy',
  alone: true,
  async run(target) {
    const { refused, sent, ms } = await hammered(target);
    if (!refused) return [{ message: `${sent} requests in ${Math.round(ms / 1000)} s, and none was refused with 429` }];
    const findings: Finding[] = [];
    const seconds = String(refused['retry-after'] ?? '');
    if (!/^\d+$/.test(seconds) && Number.isNaN(Date.parse(seconds)))
      findings.push({ message: '429 does not say when to come back: Retry-After is missing', severity: 'medium' });
    for (const name of ['ratelimit', 'ratelimit-policy'])
      if (!/^"[^"]+"(;[a-z]+=\S+?)+(, |$)/.test(String(refused[name] ?? '')))
        findings.push({ message: `429 has no ${name} in structured fields`, severity: 'low' });
    return findings;
  },
};

/** Headers by which proxies say who calls, and attackers who they would like to be. */
const FORGED = ['x-forwarded-for', 'x-real-ip', 'x-client-ip', 'cf-connecting-ip', 'true-client-ip', 'forwarded'];
const FORGERIES = 12;
const HONEST = 60;

export const rateLimitForged: Check = {
  id: 'rate-limit-forged',
  title: 'A forged address does not get round the limit',
  control: ['ASVS V4.1.3', 'API4:2023', 'CWE-348'],
  severity: 'high',
  remedy: 'take the address from the connection; believe X-Forwarded-For and its like from listed proxies only',
  alone: true,
  async run(target) {
    const forged = Array.from({ length: FORGERIES }, (_, index) =>
      FORGED.map((name) => ({
        what: name,
        headers: { [name]: `${name === 'forwarded' ? 'for=' : ''}203.0.113.${index + 1}` },
      })),
    ).flat();
    const passed = await amongRefused(target, forged, (answer) => answer[':status'] !== 429);
    return [...passed]
      .filter(([, count]) => count >= FORGERIES - 1)
      .map(([name, count]) => ({
        message: `${count} of ${FORGERIES} pass with a forged ${name}, while the caller is refused`,
      }));
  },
};

export const rateLimitHealth: Check = {
  id: 'rate-limit-health',
  title: 'Health answers while its caller is limited',
  control: ['ASVS V16.5.2', 'API4:2023'],
  severity: 'medium',
  remedy: 'exempt liveness and readiness from limits, and keep them cheap',
  alone: true,
  async run(target) {
    const probes = Array.from({ length: FORGERIES }, () =>
      ['/health/live', '/health/ready'].map((path) => ({ what: path, path })),
    ).flat();
    const refused = await amongRefused(target, probes, (answer) => [429, 503].includes(answer[':status'] ?? 0));
    return [...refused].map(([path, count]) => ({
      message: `${path} is refused ${count} of ${FORGERIES} times while its caller is limited`,
    }));
  },
};

interface Probe {
  readonly what: string;
  readonly headers?: Record<string, string>;
  readonly path?: string;
}

/**
 * Sends the probes among ordinary requests of a caller that is being refused, so that both meet the limit in the same state: an
 * allowance that comes back in the meantime is shared by both.
 * @returns how many answers to each kind of probe are as asked
 */
async function amongRefused(
  target: Target,
  probes: readonly Probe[],
  wanted: (answer: Answered) => boolean,
): Promise<Map<string, number>> {
  const { refused } = await hammered(target);
  if (!refused) skip('nothing limits its callers: see rate-limit');
  const caller = await openCaller(target);
  try {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await flood(caller);
      const every = Math.ceil(HONEST / probes.length);
      const counts = new Map<string, number>();
      let honestRefused = 0;
      const honest = async () => void ((await caller.send({}))[':status'] === 429 && (honestRefused += 1));
      const probe = async ({ what, headers = {}, path }: Probe) => {
        if (wanted(await caller.send(headers, path))) counts.set(what, (counts.get(what) ?? 0) + 1);
      };
      await Promise.all(probes.flatMap((one) => [...Array.from({ length: every }, honest), probe(one)]));
      if (honestRefused >= (every * probes.length) / 2) return counts;
    }
    throw new Error('the caller could not be kept above its limit: the service answers too slowly, or allows too much');
  } finally {
    caller.close();
  }
}

/** The headers of an answer; without a status when there was none. */
interface Answered {
  readonly ':status'?: number;
  readonly [name: string]: unknown;
}

interface Flood {
  /** Headers of the first refusal. */
  readonly refused?: Answered;
  readonly sent: number;
  readonly ms: number;
}

/** The flood is made once, whoever asks first. */
function hammered(target: Target): Promise<Flood> {
  if (!/^(localhost|127\.|::1$)/.test(bare(target.url.hostname))) skip('a flood is sent to a loopback address only');
  return target.once('hammered', async () => {
    const caller = await openCaller(target);
    try {
      return await flood(caller);
    } finally {
      caller.close();
    }
  });
}

async function flood(caller: Caller): Promise<Flood> {
  const start = performance.now();
  let sent = 0;
  const ms = () => performance.now() - start;
  while (sent < BUDGET.requests && ms() < BUDGET.ms) {
    const answers = await Promise.all(Array.from({ length: BUDGET.batch }, () => caller.send({})));
    sent += BUDGET.batch;
    const refused = answers.find((answer) => answer[':status'] === 429);
    if (refused) return { refused, sent, ms: ms() };
  }
  return { sent, ms: ms() };
}

interface Caller {
  send(headers: Record<string, string>, path?: string): Promise<Answered>;
  close(): void;
}

/** Over one HTTP/2 connection, or HTTP/1.1 where there is none. */
async function openCaller(target: Target): Promise<Caller> {
  const session = await openSession(target);
  const over = (path: string) => (session ? overHttp2(session, path) : overHttp1(target, path));
  const unknown = over('/conformance/rate-limit');
  // the cheapest path that is limited: an unknown one, where its answer says so
  if ((await unknown.send({})).ratelimit !== undefined) return unknown;
  return over(await plainPath(target));
}

/** A GET that the service describes, else the root: neither changes anything. */
async function plainPath(target: Target): Promise<string> {
  const api = await target.api().catch(() => undefined);
  const operation = api?.operations.find(
    ({ method, path, parameters }) =>
      method.toUpperCase() === 'GET' && !path.startsWith('/health') && !parameters.some(({ required }) => required),
  );
  return api && operation ? requestFor(api, operation).path : '/';
}

async function openSession({ url, options }: Target): Promise<ClientHttp2Session | undefined> {
  const session = http2.connect(url, { ...probingTls(url.hostname), ALPNProtocols: ['h2'] });
  session.on('error', () => undefined);
  session.setTimeout(options.timeoutMs, () => session.destroy());
  const opened = await Promise.race([once(session, 'connect'), once(session, 'close')]).catch(() => undefined);
  return opened && !session.destroyed ? session : undefined;
}

function overHttp2(session: ClientHttp2Session, plain: string): Caller {
  return {
    send: (headers, path = plain) =>
      new Promise((resolve) => {
        if (session.destroyed || session.closed) return setImmediate(resolve, {});
        const stream = session.request({ ':path': path, ...headers }).resume();
        let answer = {};
        stream.on('response', (received) => (answer = received));
        stream.on('error', () => undefined).on('close', () => resolve(answer));
        return undefined;
      }),
    close: () => session.destroy(),
  };
}

function overHttp1({ url, options }: Target, plain: string): Caller {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 16 });
  return {
    send: (headers, path = plain) =>
      new Promise((resolve) => {
        const to = new URL(path, url);
        https
          .get(to, { agent, headers, ...probingTls(url.hostname), timeout: options.timeoutMs }, (response) => {
            response.resume().on('close', () => resolve({ ...response.headers, ':status': response.statusCode }));
          })
          .on('timeout', function (this: { destroy(): void }) {
            this.destroy();
          })
          .on('error', () => resolve({}));
      }),
    close: () => agent.destroy(),
  };
}
