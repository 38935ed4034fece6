// Slow clients: a connection that is held open drop by drop costs the client nothing and the server a place. An idle
// time-out does not see it; a limit on the whole header and the whole body does. CWE-400, Slowloris and R.U.D.Y.
import { connect } from 'node:net';
import type { Check, Finding } from '../check.ts';
import { sendDrops, type RawResult } from '../client/raw.client.ts';
import type { Target } from '../target.ts';
import { bodyRoute } from './body.route.ts';

const CONTROL = ['ASVS V15.2.2', 'API4:2023'];

/** Ten drops in the time allowed, so that no idle time-out of a usual length strikes. */
const dropEvery = (target: Target): number => target.options.slowMs / 30;

export const slowHeader: Check = {
  id: 'slow-header',
  title: 'A header sent drop by drop is cut off',
  control: CONTROL,
  severity: 'high',
  remedy: 'limit the time for the whole header (about 10 s), and check it often',
  slow: true,
  async run(target) {
    const first = `GET /health/live HTTP/1.1\r\nHost: ${target.url.host}\r\n`;
    return held(target, await sendDrops(raw(target, 'a slow header'), first, 'X-Drop: 1\r\n', dropEvery(target)));
  },
};

export const slowBody: Check = {
  id: 'slow-body',
  title: 'A body sent drop by drop is cut off',
  control: CONTROL,
  severity: 'high',
  remedy: 'limit the time for the whole request (about 10 s for a JSON body), and check it often',
  slow: true,
  async run(target) {
    const { method, path } = (await bodyRoute(target)) ?? { method: 'POST', path: '/' };
    const auth = target.options.token === undefined ? '' : `Authorization: Bearer ${target.options.token}\r\n`;
    const first = `${method} ${path} HTTP/1.1\r\nHost: ${target.url.host}\r\n${auth}Content-Type: application/json\r\nContent-Length: 4096\r\n\r\n{`;
    return held(target, await sendDrops(raw(target, 'a slow body'), first, ' ', dropEvery(target)));
  },
};

export const tlsHandshakeTimeout: Check = {
  id: 'tls-handshake-timeout',
  title: 'A stalled TLS handshake is cut off',
  control: CONTROL,
  severity: 'medium',
  remedy: "set the handshake time-out to about 10 s (Node's default is 120 s), and destroy the socket when it strikes",
  slow: true,
  async run({ endpoint, options }) {
    const closed = await closesBy(endpoint.host, endpoint.port, options.slowMs);
    return closed
      ? []
      : [{ message: `a connection that never finishes its handshake is still open after ${options.slowMs} ms` }];
  },
};

const raw = (target: Target, label: string) => ({ url: target.url, timeoutMs: target.options.slowMs, label });

function held(target: Target, { ended, answer }: RawResult): Finding[] {
  return ended ? [] : [{ message: `${answer.label} still holds its connection after ${target.options.slowMs} ms` }];
}

function closesBy(host: string, port: number, ms: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    const finish = (closed: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(closed);
    };
    const timer = setTimeout(() => finish(false), ms);
    // the first bytes of a record, and then nothing
    socket.on('connect', () => socket.write(Buffer.from('160301', 'hex')));
    socket.on('close', () => finish(true));
    socket.on('data', () => undefined);
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNREFUSED' ? reject(error) : finish(true),
    );
  });
}
