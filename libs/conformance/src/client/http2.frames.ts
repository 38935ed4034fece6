// HTTP/2 as a rude client speaks it: frames by hand, so that a flood costs the client little and the end of its connection is seen.
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { bare, probingTls } from './http.client.ts';

/** Frame types (RFC 9113 §6). */
const TYPE = { headers: 0x1, reset: 0x3, settings: 0x4, goAway: 0x7 } as const;
/** END_STREAM and END_HEADERS: a request without a body, in one frame. */
const WHOLE = 0x5;
const CANCEL = Buffer.from([0, 0, 0, 0x8]);
const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
const HEADER_BYTES = 9;

/** A connection that has sent its preface. Streams are numbered by whoever uses it: odd, and rising. */
export class FrameConnection {
  private received: Buffer = Buffer.alloc(0);
  private readonly answered = new Set<number>();
  private over = false;

  private constructor(
    private readonly socket: TLSSocket,
    private readonly block: Buffer,
  ) {
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('close', () => (this.over = true));
    socket.write(Buffer.concat([Buffer.from(PREFACE), frame(TYPE.settings, 0, 0)]));
  }

  /**
   * Undefined when the server does not speak HTTP/2, or cannot be reached.
   * @param path what its requests GET
   */
  static async open(
    url: URL,
    path: string,
    timeoutMs: number,
    authority = url.host,
  ): Promise<FrameConnection | undefined> {
    const port = Number(url.port || 443);
    const socket = connect({ ...probingTls(url.hostname), host: bare(url.hostname), port, ALPNProtocols: ['h2'] });
    socket.on('error', () => undefined); // its end is seen as one
    socket.setNoDelay(true);
    const signal = AbortSignal.timeout(timeoutMs);
    const opened = await once(socket, 'secureConnect', { signal }).catch(() => undefined);
    if (opened && socket.alpnProtocol === 'h2') return new FrameConnection(socket, requestBlock(authority, path));
    socket.destroy();
    return undefined;
  }

  /** Whether the server has said that it is over, or closed it. */
  get ended(): boolean {
    return this.over;
  }

  request(stream: number): Buffer {
    return frame(TYPE.headers, WHOLE, stream, this.block);
  }

  /** A request that is taken back at once. */
  cancelled(stream: number): Buffer {
    return Buffer.concat([this.request(stream), frame(TYPE.reset, 0, stream, CANCEL)]);
  }

  /** Whether the server takes them: false when it has not read what was sent before, `ms` later. */
  async send(frames: readonly Buffer[], ms: number): Promise<boolean> {
    if (this.over || this.socket.write(Buffer.concat(frames))) return true;
    const signal = AbortSignal.timeout(ms);
    const read = once(this.socket, 'drain', { signal }).catch(() => undefined);
    return (await Promise.race([read, once(this.socket, 'close', { signal }).catch(() => undefined)])) !== undefined;
  }

  /** Whether headers came back on the stream, before the end of the connection or of the time. */
  async answers(stream: number, ms: number): Promise<boolean> {
    for (const end = performance.now() + ms; !this.over && performance.now() < end;) {
      if (this.answered.has(stream)) return true;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return this.answered.has(stream);
  }

  close(): void {
    this.socket.destroy();
  }

  private read(chunk: Buffer): void {
    let rest = this.received.length > 0 ? Buffer.concat([this.received, chunk]) : chunk;
    for (;;) {
      const length = rest.length < HEADER_BYTES ? Infinity : HEADER_BYTES + rest.readUIntBE(0, 3);
      if (rest.length < length) break;
      const stream = rest.readUInt32BE(5) & 0x7fff_ffff;
      if (rest[3] === TYPE.headers) this.answered.add(stream);
      if (rest[3] === TYPE.goAway) this.over = true;
      rest = rest.subarray(length);
    }
    this.received = rest;
  }
}

/** RFC 9113 §4.1. */
function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** A GET, by the static table of HPACK and literals that are not indexed (RFC 7541 §6.2.2, appendix A). */
function requestBlock(authority: string, path: string): Buffer {
  const [method, scheme, authorityName, pathName] = [0x82, 0x87, 0x01, 0x04];
  return Buffer.concat([Buffer.from([method, scheme]), literal(authorityName, authority), literal(pathName, path)]);
}

function literal(name: number, value: string): Buffer {
  return Buffer.concat([Buffer.from([name, ...integer(Buffer.byteLength(value))]), Buffer.from(value)]);
}

/** With a prefix of seven bits (RFC 7541 §5.1): a long host name is longer than that. */
function integer(value: number): number[] {
  if (value < 127) return [value];
  const bytes = [127];
  let rest = value - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return [...bytes, rest];
}
