// Plain HTTP is never served: a bare GET or HEAD is sent to HTTPS, everything else is refused and its connection closed; a
// credential that came in clear has leaked (ASVS 5.0 V4.1.2, V12.2.1).
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { randomUUID } from 'node:crypto';
import { PROBLEM_MEDIA_TYPE, problemBody } from '@gatehouse/problem-details';

/** See {@link createPlainHttpGate}. */
export interface PlainHttpGateOptions {
  /** Scheme, host and port to redirect to: configured, never the request's Host. */
  httpsOrigin: () => string;
  onCredentialExposed?: (event: { requestId: string; address?: string; method?: string }) => void;
}

const CREDENTIAL_HEADERS = ['authorization', 'proxy-authorization', 'cookie', 'x-api-key', 'dpop'];
const CREDENTIAL_PARAMETER = /[?&](access_token|token|api_?key|key|password|secret|code)=/i;

/** Makes the server of the plain-HTTP port. */
export function createPlainHttpGate(options: PlainHttpGateOptions): Server {
  const limits = {
    headersTimeout: 5_000,
    requestTimeout: 5_000,
    connectionsCheckingInterval: 1_000,
    keepAliveTimeout: 1,
    maxHeaderSize: 8_192,
  };
  const server = createServer(limits, (request, response) => answer(request, response, options));
  server.maxConnections = 1_000;
  return server;
}

function answer(request: IncomingMessage, response: ServerResponse, options: PlainHttpGateOptions): void {
  const { headers, method = '', url = '/' } = request;
  response.setHeader('connection', 'close');
  const exposed = CREDENTIAL_HEADERS.some((name) => headers[name] !== undefined) || CREDENTIAL_PARAMETER.test(url);
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (!exposed && !hasBody && (method === 'GET' || method === 'HEAD') && url.startsWith('/')) {
    response.writeHead(308, { location: options.httpsOrigin() + url, 'content-length': 0 }).end();
    return;
  }
  const requestId = randomUUID();
  if (exposed) options.onCredentialExposed?.({ requestId, address: request.socket.remoteAddress, method });
  const body = JSON.stringify(problemBody(exposed ? 'credential-exposed' : 'plain-http-refused', { requestId }));
  response
    .writeHead(403, {
      'content-type': PROBLEM_MEDIA_TYPE,
      'content-length': Buffer.byteLength(body),
      'cache-control': 'no-store',
    })
    .end(body);
}
