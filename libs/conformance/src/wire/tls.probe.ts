// One question to a TLS port, in raw bytes, and its answer: "not offered" is seen, never assumed.
import { connect } from 'node:net';
import { MalformedTlsError } from './byte.reader.ts';
import { encodeClientHello, encodeSsl2ClientHello, type ClientHello } from './client-hello.encoder.ts';
import { decodeServerFlight, type Alert, type ServerHello } from './server-flight.decoder.ts';
import { suitesFor } from './cipher.suites.ts';

/** Where to ask. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly timeoutMs: number;
}

/** What came back. `unanswered`: the port neither answered nor closed in time, which proves nothing. */
export type ProbeAnswer =
  | { readonly kind: 'accepted'; readonly hello: ServerHello }
  | { readonly kind: 'refused'; readonly alert?: Alert }
  | { readonly kind: 'not-tls'; readonly bytes: Buffer }
  | { readonly kind: 'unanswered' };

/**
 * Sends a ClientHello and reads the server's first flight.
 * @throws {Error} when the port cannot be reached
 */
export async function probe(endpoint: Endpoint, hello: ClientHello): Promise<ProbeAnswer> {
  const bytes = await exchange(endpoint, encodeClientHello(hello), (received) => decodeServerFlight(received).complete);
  if (bytes === undefined) return { kind: 'unanswered' };
  try {
    const flight = decodeServerFlight(bytes);
    if (flight.hello) return { kind: 'accepted', hello: flight.hello };
    return { kind: 'refused', alert: flight.alert };
  } catch (error) {
    if (error instanceof MalformedTlsError) return { kind: 'not-tls', bytes };
    throw error;
  }
}

/** Whether the server speaks SSL 2.0: its SERVER-HELLO is a two-byte header, then message type 4. */
export async function probeSsl2(endpoint: Endpoint): Promise<boolean> {
  const bytes = await exchange(endpoint, encodeSsl2ClientHello(), (received) => received.length >= 3);
  return bytes !== undefined && bytes.length >= 3 && (bytes[0] & 0x80) !== 0 && bytes[2] === 4;
}

/**
 * Every suite that the server accepts for a version, in its order of choice: asks with all, drops the chosen one, asks again.
 * @throws {Error} when an answer proves nothing
 */
export async function acceptedSuites(
  endpoint: Endpoint,
  version: number,
  candidates: readonly number[] = suitesFor(version).map(({ id }) => id),
  hello: Omit<ClientHello, 'version' | 'suites'> = {},
): Promise<ServerHello[]> {
  const accepted: ServerHello[] = [];
  for (let left = [...candidates]; left.length > 0;) {
    const answer = await probe(endpoint, { serverName: endpoint.host, ...hello, version, suites: left });
    if (answer.kind === 'unanswered') throw new Error(`no answer to a ClientHello within ${endpoint.timeoutMs} ms`);
    if (answer.kind !== 'accepted' || answer.hello.version !== version) break;
    const { suite } = answer.hello;
    if (!left.includes(suite)) break;
    accepted.push(answer.hello);
    left = left.filter((id) => id !== suite);
  }
  return accepted;
}

/** Bytes received until `done` says so or the peer closes; undefined when it does neither in time. */
function exchange(endpoint: Endpoint, bytes: Buffer, done: (received: Buffer) => boolean): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: endpoint.host, port: endpoint.port });
    let received = Buffer.alloc(0);
    let connected = false;
    const finish = (result: Buffer | undefined) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(result);
    };
    const timer = setTimeout(() => finish(received.length > 0 ? received : undefined), endpoint.timeoutMs);
    socket.on('connect', () => {
      connected = true;
      socket.write(bytes);
    });
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (enough(received, done)) finish(received);
    });
    socket.on('close', () => finish(received));
    socket.on('error', (error) => {
      if (connected) return finish(received); // a reset is a refusal
      clearTimeout(timer);
      reject(error);
    });
  });
}

function enough(received: Buffer, done: (received: Buffer) => boolean): boolean {
  try {
    return done(received);
  } catch (error) {
    if (error instanceof MalformedTlsError) return true;
    throw error;
  }
}
