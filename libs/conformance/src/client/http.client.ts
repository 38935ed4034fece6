// Requests as a well-behaved client sends them, to a server that is not trusted yet: the probing connection accepts any
// certificate and any old protocol, because what is wrong with them is the finding. Nothing secret goes over it before
// the runner has verified the certificate.
import http from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { Answer } from './answer.ts';

/** One request. */
export interface HttpRequest {
  readonly url: URL;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  readonly body?: string | Buffer;
  /** Default: method and path. */
  readonly label?: string;
  readonly timeoutMs: number;
  /** The address to send from, on a loopback. */
  readonly from?: string;
}

/** The connection was closed by the other side. */
const RESET = ['ECONNRESET', 'EPIPE'];

/** This machine has no such address, or not for that destination. */
const NO_SUCH_SOURCE = ['EADDRNOTAVAIL', 'EINVAL', 'ECONNREFUSED', 'EADDRINUSE'];

/** Bytes kept of an answer; the rest is dropped. */
export const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** Connects to whatever the server has: the checks say what is wrong with it. */
export function probingTls(hostname: string): ConnectionOptions {
  return {
    rejectUnauthorized: false,
    minVersion: 'TLSv1',
    ciphers: 'ALL:@SECLEVEL=0',
    servername: isIP(bare(hostname)) === 0 ? hostname : undefined,
  };
}

/** Without the brackets of an IPv6 literal. */
export function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '');
}

/** Sends requests and waits out a rate limit that says when to come back. */
export class HttpClient {
  readonly #https = new https.Agent({ keepAlive: true, maxSockets: 8 });
  readonly #http = new http.Agent({ keepAlive: false });
  readonly #strangers = new Map<string, https.Agent>();

  /** A closed connection or a time-out is an answer with status 0, never a throw. */
  async send(request: HttpRequest): Promise<Answer> {
    for (let attempt = 0; ; attempt += 1) {
      const answer = await this.#unlessStale(request);
      const waitSeconds = Number(answer.headers['retry-after'] ?? 1);
      if (answer.status !== 429 || attempt === 2 || !(waitSeconds <= 5)) return answer;
      await new Promise((resolve) => setTimeout(resolve, waitSeconds * 1000));
    }
  }

  close(): void {
    this.#https.destroy();
    this.#http.destroy();
    for (const agent of this.#strangers.values()) agent.destroy();
  }

  /** A few connections for each address: their handshakes are what such a request costs. */
  #agentFrom(from: string): https.Agent {
    const agent = this.#strangers.get(from) ?? new https.Agent({ keepAlive: true, maxSockets: 3 });
    this.#strangers.set(from, agent);
    return agent;
  }

  /** A connection may be closed just as it is used (RFC 9112 §9.3.1); a fresh one that is closed too was meant. */
  async #unlessStale(request: HttpRequest): Promise<Answer> {
    const answer = await this.#once(request);
    if (request.from !== undefined && NO_SUCH_SOURCE.includes(answer.failure ?? ''))
      return this.#unlessStale({ ...request, from: undefined });
    return RESET.includes(answer.failure ?? '') ? this.#once(request, false) : answer;
  }

  #once(request: HttpRequest, keepAlive = true): Promise<Answer> {
    const { url, method = 'GET', headers = {}, body, label, timeoutMs, from } = request;
    const name = label ?? `${method} ${url.pathname}`;
    const secure = url.protocol === 'https:';
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const options = {
      method,
      headers: { ...length, ...headers },
      agent: keepAlive && (from ? this.#agentFrom(from) : secure ? this.#https : this.#http),
      ...(secure ? probingTls(url.hostname) : {}),
      ...(from && { localAddress: from, family: 4 }),
    };
    return new Promise((resolve) => {
      const sent = (secure ? https : http).request(url, options);
      const fail = (failure: string) => resolve({ label: name, status: 0, headers: {}, text: '', failure });
      const timer = setTimeout(() => sent.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
      sent.on('close', () => {
        clearTimeout(timer);
        fail('connection closed'); // does nothing after an answer
      });
      sent.on('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
      sent.on('response', (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= MAX_ANSWER_BYTES) chunks.push(chunk);
        });
        const done = () =>
          resolve({
            label: name,
            status: response.statusCode ?? 0,
            headers: flatten(response.headers),
            text: Buffer.concat(chunks).toString('utf8'),
          });
        response.on('end', done);
        response.on('error', done);
      });
      sent.end(body);
    });
  }
}

function flatten(headers: http.IncomingHttpHeaders): Record<string, string> {
  const entries = Object.entries(headers).map(([name, value]) => [name, String(value)] as const);
  return Object.fromEntries(entries);
}
