// The provider behind the same TLS and the same headers as every service; its pages are HTML, so their policy allows a form and a style.
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { hstsHeader, hstsSchema, type Tls } from '@gatehouse/tls';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

const PAGES =
  "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' http://127.0.0.1:* https://localhost:*; frame-ancestors 'none'";

const HSTS = hstsSchema.parse({});

/** What a caller may take its time for, and how much it may send. */
const LIMITS = { headersTimeout: 10_000, requestTimeout: 12_000, maxHeaderSize: 16_384, keepAliveTimeout: 10_000 };

/** A listener that answers with `handler`, headers added. */
export function identityServer(tls: Tls, handler: Handler): Server {
  const server = createServer({ ...tls.serverOptions('off'), ...LIMITS }, (request, response) => {
    const strict = hstsHeader(HSTS, { encrypted: true, host: request.headers.host ?? 'localhost' });
    if (strict) response.setHeader('strict-transport-security', strict);
    response.setHeader('content-security-policy', PAGES);
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('referrer-policy', 'no-referrer');
    response.setHeader('cache-control', 'no-store');
    handler(request, response);
  });
  server.maxConnections = 1_000;
  return server;
}

/** `/health/live` and `/health/ready`, for the management port. */
export const health: Handler = ({ url }, response) => {
  const known = url === '/health/live' || url === '/health/ready';
  response
    .writeHead(known ? 200 : 404, { 'content-type': known ? 'application/json' : 'application/problem+json' })
    .end(known ? '{"status":"ok"}' : '{"type":"about:blank","title":"Not found","status":404}');
};
