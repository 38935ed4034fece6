// Step 1: the TLS connection, and how much a client may send, how slowly, and how many at once (ASVS 5.0 V12.1, V15.2.2;
// slowloris, CVE-2023-44487 rapid reset). HTTP/2 and HTTP/1.1 share the port; what Node does not limit for HTTP/2, this does.
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';
import { createServer as createPlainServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyServerFactory } from 'fastify';
import { PROBLEM_MEDIA_TYPE, problemBody, toProblemError } from '@gatehouse/problem-details';
import { refusalKind, refusedConnections } from '../metrics/connection.metrics.ts';
import type { ServiceContext, Step } from '../step.ts';
import { limitConnections } from '../connections.limit.ts';
import { securityHeaders } from './security-headers.step.ts';

export const connection: Step = {
  name: 'connection',
  does: 'TLS policy; limits on header size, count of connections and streams, and time.',
  answers: ['malformed-http', 'headers-too-large', 'request-timeout'],
  server(context) {
    const refused = refusedConnections(context.metrics);
    return {
      http2: true,
      https: { allowHTTP1: true },
      serverFactory: ((handler: Handler) => createServer(handler, context)) as unknown as FastifyServerFactory,
      clientErrorHandler(error: Error & { code?: string }, socket: Socket) {
        refused(error);
        const { remoteAddress: address = 'unknown' } = socket;
        context.detector.observe({ kind: 'connection-refused', at: Date.now(), address, reason: refusalKind(error) });
        answerClientError(error, socket, context);
      },
    } as ReturnType<NonNullable<Step['server']>>;
  },
};

type Handler = Parameters<FastifyServerFactory>[0];

function createServer(handler: Handler, context: ServiceContext): Http2SecureServer | Server {
  const { limits } = context.settings;
  const http1Options = {
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, limits.headersTimeoutMs),
  };
  if (context.tls.proxied?.insecurePlainHop) {
    const plain = createPlainServer(http1Options, handler as never);
    plain.maxConnections = limits.maxConnections;
    limitConnections(plain, context);
    return plain;
  }
  const server = createSecureServer(
    {
      ...context.tls.serverOptions(),
      handshakeTimeout: limits.handshakeTimeoutMs,
      ALPNProtocols: ['h2', 'http/1.1'],
      allowHTTP1: true,
      http1Options,
      settings: {
        maxConcurrentStreams: limits.maxConcurrentStreams,
        maxHeaderListSize: limits.maxHeaderBytes,
        enablePush: false,
      },
      maxSessionInvalidFrames: 100,
      maxSessionRejectedStreams: 100,
      streamResetBurst: 200,
      streamResetRate: 33,
    },
    handler as never,
  );
  server.maxConnections = limits.maxConnections;
  limitConnections(server, context);
  closeIdleSessions(server, limits);
  return server;
}

/**
 * An HTTP/2 session without an open stream is closed after the keep-alive time, whether or not it dribbles bytes: Node's own
 * session timeout starts again with each byte, so half a HEADERS frame a second would hold a connection for ever.
 */
function closeIdleSessions(server: Http2SecureServer, limits: ServiceContext['settings']['limits']): void {
  const idleSince = new Map<ServerHttp2Session, number>();
  server.on('session', (session) => {
    let open = 0;
    idleSince.set(session, performance.now());
    session.on('stream', (stream) => {
      open += 1;
      idleSince.delete(session);
      stream.once('close', () => {
        open -= 1;
        if (open === 0 && !session.closed) idleSince.set(session, performance.now());
      });
    });
    session.once('close', () => idleSince.delete(session));
  });
  const allowed = Math.max(limits.keepAliveTimeoutMs, limits.headersTimeoutMs);
  const sweep = setInterval(
    () => {
      const oldest = performance.now() - allowed;
      for (const [session, since] of idleSince) {
        if (since > oldest) continue;
        session.close();
        if (since < oldest - 1_000) session.destroy();
      }
    },
    Math.min(1_000, allowed),
  ).unref();
  server.once('close', () => clearInterval(sweep));
}

/** Answers what never became a request: there is no Fastify reply, so the bytes are written by hand, once, and the socket ends. */
function answerClientError(error: Error & { code?: string }, socket: Socket, context: ServiceContext): void {
  context.log.debug({ code: error.code, address: socket.remoteAddress }, 'connection refused');
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  // a handshake that failed or timed out: nothing can be said on this socket, and it would wait for its last bytes for ever
  if (error.code?.startsWith('ERR_SSL_') || error.code?.startsWith('ERR_TLS_')) return void socket.destroy();
  if (closing.has(socket)) return;
  closing.add(socket);
  if (socket.writable) socket.end(rawAnswer(error, context));
  socket.destroySoon();
  setTimeout(() => socket.destroy(), LAST_WORDS_MS).unref();
}

/** The parser may complain again of what follows: one answer a socket. */
const closing = new WeakSet<Socket>();

/** How long a client may take to read why it was refused, in milliseconds. */
const LAST_WORDS_MS = 2_000;

function rawAnswer(error: Error & { code?: string }, context: ServiceContext): string {
  const known = toProblemError(error);
  const body = problemBody(known.code === 'internal' ? 'malformed-http' : known.code, {
    requestId: crypto.randomUUID(),
  });
  const json = JSON.stringify(body);
  const headers = {
    ...securityHeaders(context.settings),
    'x-request-id': body.requestId,
    'content-type': PROBLEM_MEDIA_TYPE,
    'content-length': Buffer.byteLength(json),
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${body.status} ${body.title}`, ...lines, '', json].join('\r\n');
}
