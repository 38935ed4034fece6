// HTTP/1.1 as a rude client sends it: bytes by hand, in the clear or over TLS, fast or drop by drop.
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Answer } from './answer.ts';
import { bare, MAX_ANSWER_BYTES, probingTls } from './http.client.ts';

/** How the bytes travel. */
export interface RawOptions {
  /** `http:` URLs go in the clear. */
  readonly url: URL;
  /** Bytes over the TLS port without TLS. */
  readonly cleartext?: boolean;
  readonly timeoutMs: number;
  readonly label: string;
}

/** What happened on the connection. */
export interface RawResult {
  readonly answer: Answer;
  readonly received: Buffer;
  /** The server closed, or answered, before the time was over. */
  readonly ended: boolean;
  /** From the first byte sent to the end, milliseconds. */
  readonly ms: number;
}

/** Writes the bytes and waits until the server answers in full, closes, or the time is over. */
export function sendRaw(options: RawOptions, bytes: string | Buffer): Promise<RawResult> {
  return converse(options, (socket) => void socket.write(bytes));
}

/**
 * Writes the first bytes, then one drop every `everyMs` for as long as the server lets it: a slow client that an idle
 * time-out alone does not catch.
 */
export function sendDrops(options: RawOptions, first: string, drop: string, everyMs: number): Promise<RawResult> {
  return converse(options, (socket) => {
    socket.write(first);
    const timer = setInterval(() => socket.write(drop), everyMs);
    socket.on('close', () => clearInterval(timer));
  });
}

/** Runs `talk` on a fresh connection. Rejects only when it cannot be opened. */
export function converse(options: RawOptions, talk: (socket: Socket) => void): Promise<RawResult> {
  return new Promise((resolve, reject) => {
    const { url, timeoutMs, label } = options;
    const secure = url.protocol === 'https:' && !options.cleartext;
    const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
    const host = bare(url.hostname);
    const socket = secure
      ? connectTls({ ...probingTls(url.hostname), host, port, ALPNProtocols: ['http/1.1'] })
      : connectTcp({ host, port });
    const chunks: Buffer[] = [];
    let start: number | undefined;
    const finish = (ended: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      const received = Buffer.concat(chunks);
      resolve({ answer: parse(received, label), received, ended, ms: Date.now() - (start ?? Date.now()) });
    };
    const timer = setTimeout(() => finish(false), timeoutMs);
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      start = Date.now();
      talk(socket);
    });
    let size = 0;
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_ANSWER_BYTES || isWhole(Buffer.concat(chunks))) finish(true);
    });
    socket.on('close', () => finish(true));
    socket.on('error', (error) => {
      if (start !== undefined) return finish(true); // a reset is a refusal
      clearTimeout(timer);
      reject(error);
    });
  });
}

const HEAD_END = '\r\n\r\n';

/** A final answer with a known length has arrived in full. */
function isWhole(bytes: Buffer): boolean {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return false;
  const head = bytes.subarray(0, end).toString('latin1');
  if (/^HTTP\/1\.1 1\d\d/.test(head)) return isWhole(bytes.subarray(end + HEAD_END.length));
  const length = /^content-length:\s*(\d+)/im.exec(head);
  if (length) return bytes.length >= end + HEAD_END.length + Number(length[1]);
  return /^transfer-encoding:.*chunked/im.test(head) && bytes.subarray(-7).toString('latin1').endsWith('\r\n0\r\n\r\n');
}

function parse(bytes: Buffer, label: string): Answer {
  const text = bytes.toString('latin1');
  const end = text.indexOf(HEAD_END);
  const status = /^HTTP\/1\.[01] (\d{3})/.exec(text);
  if (!status || end < 0) return { label, status: 0, headers: {}, text: '', failure: 'connection closed' };
  if (status[1].startsWith('1')) return parse(bytes.subarray(end + HEAD_END.length), label);
  const headers: Record<string, string> = {};
  for (const line of text.slice(0, end).split('\r\n').slice(1)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return { label, status: Number(status[1]), headers, text: bytes.subarray(end + HEAD_END.length).toString('utf8') };
}
