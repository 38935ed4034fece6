// A caller that asks as fast as it can, over one connection, until it is refused. Only against a loopback address: a flood is not for
// other people's machines.
import http2, { type ClientHttp2Session } from 'node:http2';
import https from 'node:https';
import { once } from 'node:events';
import { skip } from '../check.ts';
import { bare, probingTls } from '../client/http.client.ts';
import { reachingRequest } from '../openapi/operation.request.ts';
import type { Target } from '../target.ts';

/** What may be spent until the first refusal. */
const BUDGET = { requests: 5_000, ms: 12_000, batch: 50 } as const;

/** The headers of an answer; without a status when there was none. */
export interface Answered {
  readonly ':status'?: number;
  readonly [name: string]: unknown;
}

export interface Flood {
  /** Headers of the first refusal, and of the answer before it. */
  readonly refused?: Answered;
  readonly before?: Answered;
  /** Requests that were answered. */
  readonly sent: number;
  readonly ms: number;
}

/** The flood is made once, whoever asks first. */
export function hammered(target: Target): Promise<Flood> {
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

export async function flood(caller: Caller): Promise<Flood> {
  const start = performance.now();
  let sent = 0;
  let before: Answered | undefined;
  const ms = () => performance.now() - start;
  while (sent < BUDGET.requests && ms() < BUDGET.ms) {
    const all = await Promise.all(Array.from({ length: BUDGET.batch }, () => caller.send({})));
    const answers = all.filter((answer) => answer[':status'] !== undefined);
    if (answers.length === 0) {
      if (sent === 0 || !(await caller.renew())) break;
      continue; // servers end a connection after so many requests: a caller comes back
    }
    sent += answers.length;
    const refused = answers.find((answer) => answer[':status'] === 429);
    before = answers.find((answer) => answer[':status'] !== 429) ?? before;
    if (refused) return { refused, before, sent, ms: ms() };
  }
  if (sent === 0) throw new Error('no request of the flood was answered');
  return { sent, ms: ms() };
}

export interface Caller {
  send(headers: Record<string, string>, path?: string): Promise<Answered>;
  /** Connects again where the connection is gone; false when there is no other. */
  renew(): Promise<boolean>;
  close(): void;
}

/** Over one HTTP/2 connection, or HTTP/1.1 where there is none. */
export async function openCaller(target: Target): Promise<Caller> {
  const session = await openSession(target);
  const over = (path: string) => (session ? overHttp2(session, target, path) : overHttp1(target, path));
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
  return api && operation ? reachingRequest(api, operation).path : '/';
}

async function openSession({ url, options }: Target): Promise<ClientHttp2Session | undefined> {
  const session = http2.connect(url, { ...probingTls(url.hostname), ALPNProtocols: ['h2'] });
  session.on('error', () => undefined);
  session.setTimeout(options.timeoutMs, () => session.destroy());
  const opened = await Promise.race([once(session, 'connect'), once(session, 'close')]).catch(() => undefined);
  session.setTimeout(0); // from here on each request has its own
  // a server without ALPN lets the connection be opened, and then speaks HTTP/1.1
  if (opened && !session.destroyed && session.alpnProtocol === 'h2') return session;
  session.destroy();
  return undefined;
}

// an answer that never ends counts as one after the time for an answer
function overHttp2(first: ClientHttp2Session, target: Target, plain: string): Caller {
  let session = first;
  return {
    send: (headers, path = plain) =>
      new Promise((resolve) => {
        if (session.destroyed || session.closed) return setImmediate(resolve, {});
        const stream = session.request({ ':path': path, ...headers }).resume();
        const timer = setTimeout(() => stream.close(http2.constants.NGHTTP2_CANCEL), target.options.timeoutMs);
        let answer = {};
        stream.on('response', (received) => (answer = received));
        stream
          .on('error', () => undefined)
          .on('close', () => {
            clearTimeout(timer);
            resolve(answer);
          });
        return undefined;
      }),
    renew: async () => {
      const next = session.destroyed || session.closed ? await openSession(target) : undefined;
      session = next ?? session;
      return next !== undefined;
    },
    close: () => session.destroy(),
  };
}

function overHttp1({ url, options }: Target, plain: string): Caller {
  const agent = new https.Agent({ keepAlive: true, maxSockets: 16 });
  return {
    send: (headers, path = plain) =>
      new Promise((resolve) => {
        const sent = https.get(new URL(path, url), { agent, headers, ...probingTls(url.hostname) }, (response) => {
          const answer = { ...response.headers, ':status': response.statusCode };
          response.resume().on('error', () => undefined);
          response.on('close', () => resolve(answer));
        });
        const timer = setTimeout(() => sent.destroy(), options.timeoutMs);
        sent.on('error', () => resolve({})).on('close', () => clearTimeout(timer));
      }),
    renew: async () => false, // the agent does
    close: () => agent.destroy(),
  };
}
