// Step 1: the TLS connection, and how much a client may send, how slowly, and how many at once (ASVS 5.0 V12.1, V15.2.2;
// slowloris, CVE-2023-44487 rapid reset). HTTP/2 and HTTP/1.1 share the port; what Node does not limit for HTTP/2, this does.
import {
  constants,
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2';
import { createServer as createPlainServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyServerFactory } from 'fastify';
import { PROBLEM_MEDIA_TYPE, problemBody, toProblemError } from '@gatehouse/problem-details';
import { auditBrokenSession, auditRefusedConnection, auditRefusedRequest } from '../audit/refused.connection.ts';
import { refusalKind, refusedConnections } from '../metrics/connection.metrics.ts';
import type { ServiceContext, Step } from '../step.ts';
import { limitConnections } from '../connections.limit.ts';
import { RESETS, sweepSessions } from './http2.sweep.ts';
import { installMessageRules } from './message.rules.ts';
import { securityHeaders } from './security-headers.step.ts';

export const connection: Step = {
  name: 'connection',
  does: 'TLS policy; limits on header size, count of connections and streams, and time.',
  answers: [
    'malformed-http',
    'malformed-url',
    'headers-too-large',
    'request-timeout',
    'expectation-failed',
    'not-implemented',
  ],
  server(context) {
    const refused = refusedConnections(context.metrics);
    return {
      http2: true,
      https: { allowHTTP1: true },
      serverFactory: ((handler: Handler) => createServer(handler, context, refused)) as unknown as FastifyServerFactory,
      clientErrorHandler(error: Error & { code?: string }, socket: Socket) {
        refused(error);
        const { remoteAddress: address = 'unknown' } = socket;
        auditRefusedConnection(error, socket, context);
        context.detector.observe({ kind: 'connection-refused', at: Date.now(), address, reason: refusalKind(error) });
        answerClientError(error, socket, context);
      },
    } as ReturnType<NonNullable<Step['server']>>;
  },
  install: (app, { settings }) =>
    installMessageRules(app, settings.limits.maxBodyBytes, settings.limits.maxHeaderBytes),
};

type Refused = ReturnType<typeof refusedConnections>;
type Handler = Parameters<FastifyServerFactory>[0];

function createServer(handler: Handler, context: ServiceContext, refused: Refused): Http2SecureServer | Server {
  const { limits } = context.settings;
  const http1Options = {
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, Math.ceil(limits.headersTimeoutMs / 4)),
    requireHostHeader: false, // the message rules refuse it, with an answer that says so
  };
  if (context.tls.proxied?.insecurePlainHop) {
    const plain = createPlainServer(http1Options, handler as never);
    return bounded(plain, handler, context, refused);
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
      streamResetBurst: RESETS.burst,
      streamResetRate: RESETS.perSecond,
    },
    handler as never,
  );
  sweepSessions(server, {
    idleMs: Math.max(limits.keepAliveTimeoutMs, limits.headersTimeoutMs),
    exchangeMs: exchangeMs(limits),
  });
  return bounded(server, handler, context, refused);
}

type Limits = ServiceContext['settings']['limits'];

/** How long an exchange may take in all, in milliseconds: sending, handling, and a second to read the answer. */
const exchangeMs = ({ requestTimeoutMs, handlerTimeoutMs }: Limits) => requestTimeoutMs + handlerTimeoutMs + 1_000;

function bounded<T extends Http2SecureServer | Server>(
  server: T,
  handler: Handler,
  context: ServiceContext,
  refused: Refused,
): T {
  const { limits } = context.settings;
  server.maxConnections = limits.maxConnections;
  limitConnections(server, context, refused);
  // A client that does not read its answers makes no request late and leaves no handler at work: only its silence tells.
  server.setTimeout(exchangeMs(limits));
  // Node would answer these two itself, without a header of ours; the request path does.
  server.on('checkContinue', handler as never).on('checkExpectation', handler as never);
  // CONNECT is for proxies. A listener is needed for HTTP/2, where Node would leave the stream open.
  server.on('connect', ({ socket }: { socket?: Socket }, to: Socket | Http2ServerResponse) => {
    const session = 'stream' in to ? to.stream.session : undefined;
    auditRefusedRequest('CONNECT', (session?.socket ?? socket)?.remoteAddress, 'not-implemented', context);
    if ('stream' in to) to.stream.close(constants.NGHTTP2_REFUSED_STREAM);
    else to.destroy();
  });
  // Frames that break the protocol: nobody is answered, since nghttp2 has ended the session.
  server.on('sessionError', (error: Error & { code?: string }, session: ServerHttp2Session) => {
    refused(error);
    const address = auditBrokenSession(error, session, context) ?? 'unknown';
    context.detector.observe({ kind: 'connection-refused', at: Date.now(), address, reason: refusalKind(error) });
  });
  return server;
}

/** Answers what never became a request: there is no Fastify reply, so the bytes are written by hand, once, and the socket ends. */
export function answerClientError(error: Error & { code?: string }, socket: Socket, context: ServiceContext): void {
  const address = context.identifiers.of(socket.remoteAddress ?? 'unknown');
  context.log.debug({ code: error.code, address }, 'connection refused');
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
