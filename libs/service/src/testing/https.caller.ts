// Real requests over real TLS, trusting only the service's own CA and with nothing switched off.
import { request as httpsRequest } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import { connect, type TLSSocket } from 'node:tls';

/** What came back. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  /** The body as JSON; `{}` for an empty one. */
  readonly body: Record<string, unknown>;
}

/** One request. An object as body is sent as JSON; text and bytes go as they are. */
export interface CallOptions {
  readonly headers?: Record<string, string | undefined>;
  readonly body?: unknown;
  /** Another listener than the service's own HTTPS, such as the management port. */
  readonly origin?: string;
}

/** Calls one service; each call on a connection of its own, with the token unless it is for another listener. */
export function caller(origin: string, ca: string | undefined, token?: string) {
  return (method: string, path: string, options: CallOptions = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const { body } = options;
      const raw = body === undefined || typeof body === 'string' || Buffer.isBuffer(body);
      const json = body === undefined ? {} : { 'content-type': 'application/json' };
      const who = token === undefined || options.origin !== undefined ? {} : { authorization: `Bearer ${token}` };
      const given = Object.entries({ ...json, ...who, ...options.headers }).filter(([, value]) => value !== undefined);
      const headers = Object.fromEntries(given);
      const url = new URL(path, options.origin ?? origin);
      const outgoing = httpsRequest(url, { method, ca, headers, agent: false }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed(text) });
        });
      });
      outgoing.on('error', reject).end(raw ? body : JSON.stringify(body));
    });
}

/** Writes bytes over TLS and reads until the server closes; `hold` keeps the socket for a test that drips. */
export function rawCaller(origin: string, ca: string | undefined) {
  return (bytes: string, hold?: (socket: TLSSocket) => void): Promise<string> =>
    new Promise((resolve, reject) => {
      const port = Number(new URL(origin).port);
      const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca, ALPNProtocols: ['http/1.1'] });
      let text = '';
      socket.on('secureConnect', () => {
        socket.write(bytes);
        hold?.(socket);
      });
      socket.on('data', (chunk) => (text += String(chunk)));
      socket.on('close', () => resolve(text));
      socket.on('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(text) : reject(error),
      );
    });
}

function parsed(text: string): Record<string, unknown> {
  try {
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  } catch {
    return {};
  }
}
