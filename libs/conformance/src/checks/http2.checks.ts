// HTTP/2: that it is there, and that a client which opens and cancels streams as fast as it can is put out.
import { connect, type ClientHttp2Session } from 'node:http2';
import { once } from 'node:events';
import { skip, type Check } from '../check.ts';
import { probingTls } from '../client/http.client.ts';
import { FrameConnection } from '../client/http2.frames.ts';
import type { Target } from '../target.ts';

export const http2: Check = {
  id: 'http2',
  title: 'HTTP/2 is negotiated by ALPN and answers',
  control: ['RFC 9113 §3.2'],
  severity: 'low',
  remedy: 'offer h2 and http/1.1 by ALPN',
  async run(target) {
    let why = '';
    const session = await open(target).catch((error: Error) => void (why = error.message));
    if (!session)
      return [
        {
          message: `HTTP/2 is not spoken: ${/no application protocol/.test(why) ? 'ALPN does not offer h2' : why.trim()}`,
        },
      ];
    try {
      // without ALPN of the server the connection opens, and then something else is spoken
      if (session.alpnProtocol !== 'h2') return [{ message: 'HTTP/2 is not spoken: nothing is negotiated by ALPN' }];
      const status = await statusOf(session, target.options.timeoutMs);
      if (status === undefined) return [{ message: 'HTTP/2 is negotiated, but does not answer' }];
      return status < 500 ? [] : [{ message: `HTTP/2 answers ${status}` }];
    } finally {
      session.destroy();
    }
  },
};

/** Far above what a client needs, far below what hurts. Node's own limit is a burst of 1,000. */
const RESETS = 4_000;
const BATCH = 200;

export const http2RapidReset: Check = {
  id: 'http2-rapid-reset',
  title: 'A client that resets streams in a flood is put out',
  control: ['ASVS V15.2.2', 'API4:2023', 'CVE-2023-44487'],
  severity: 'high',
  remedy: 'limit resets on a connection (Node: keep `streamResetBurst` and `streamResetRate` at their defaults)',
  alone: true,
  async run(target) {
    const { url, options } = target;
    const connection = await FrameConnection.open(url, '/health/live', options.timeoutMs);
    if (!connection) skip('the service does not speak HTTP/2');
    try {
      let reads = true;
      for (let sent = 0; sent < RESETS && reads && !connection.ended; sent += BATCH) {
        const batch = Array.from({ length: BATCH }, (_, index) => connection.cancelled(stream(sent + index)));
        reads = await connection.send(batch, options.timeoutMs);
        await new Promise((resolve) => setImmediate(resolve)); // its end is noticed
      }
      if (reads) await connection.send([connection.request(stream(RESETS))], options.timeoutMs);
      if (reads && (await connection.answers(stream(RESETS), Math.min(1_000, options.timeoutMs))))
        return [{ message: `after ${RESETS} streams opened and reset on one connection, it is still served` }];
    } finally {
      connection.close();
    }
    // put out, or brought down
    const { status, failure } = await target.fetch({ url: new URL('/health/live', url) });
    return status === 0 ? [{ message: 'after the flood the service answers nobody', evidence: failure }] : [];
  },
};

/** The number of the n-th stream of a client. */
const stream = (n: number) => 2 * n + 1;

async function open(target: Target): Promise<ClientHttp2Session> {
  const session = connect(target.url, { ...probingTls(target.url.hostname), ALPNProtocols: ['h2'] });
  session.on('error', () => undefined);
  const timer = setTimeout(() => session.destroy(new Error('no connection in time')), target.options.timeoutMs);
  try {
    await Promise.race([once(session, 'connect'), closed(session)]);
    return session;
  } catch (error) {
    session.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

async function closed(session: ClientHttp2Session): Promise<never> {
  await once(session, 'close');
  throw new Error('the connection was closed');
}

/** The status of a plain request on the session; undefined when none comes in time. */
function statusOf(session: ClientHttp2Session, ms: number): Promise<number | undefined> {
  if (session.destroyed || session.closed) return Promise.resolve(undefined);
  const request = session.request({ ':path': '/health/live' }).resume();
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(undefined), ms);
    request.on('response', (headers) => resolve(Number(headers[':status'])));
    request.on('error', () => resolve(undefined));
    request.on('close', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}
