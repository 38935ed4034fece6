// Plain HTTP is never served: a bare GET or HEAD is sent to HTTPS, everything else is refused and its connection closed; a
// credential that came in clear has leaked (ASVS 5.0 V4.1.2, V12.2.1). Only the answer to an ACME challenge is given in clear
// (RFC 8555 §8.3): it proves control of the name, and is secret to nobody.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { randomUUID } from 'node:crypto';
import { PROBLEM_MEDIA_TYPE, problemBody } from '@gatehouse/problem-details';

/** See {@link createPlainHttpGate}. */
export interface PlainHttpGateOptions {
  /** Scheme, host and port to redirect to: configured, never the request's Host. */
  httpsOrigin: () => string;
  onCredentialExposed?: (event: { requestId: string; address?: string; method?: string }) => void;
  /** The credentials themselves, so that they can be revoked; never to be written anywhere. Called when the answer has gone. */
  onSecretExposed?: (secret: string) => void;
  /** The key authorization for an ACME token: `Tls.challenge`. */
  challenge?: (token: string) => Promise<string | undefined>;
  /** How long a client may take to send its request, in milliseconds. */
  requestTimeoutMs?: number;
}

const CREDENTIAL_HEADERS = ['authorization', 'proxy-authorization', 'cookie', 'x-api-key', 'dpop'];
const CREDENTIAL_PARAMETER = /[?&](access_token|token|api_?key|key|password|secret|code)=/i;
const MAX_SECRETS = 4;
const CHALLENGE = /^\/\.well-known\/acme-challenge\/([A-Za-z0-9_-]{1,128})$/;

/** Makes the server of the plain-HTTP port. */
export function createPlainHttpGate(options: PlainHttpGateOptions): Server {
  const { requestTimeoutMs = 5_000 } = options;
  const limits = {
    headersTimeout: requestTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs),
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
    const token = CHALLENGE.exec(url)?.[1];
    if (token !== undefined && options.challenge) void answerChallenge(token, response, options);
    else redirect(url, response, options);
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
  if (exposed && options.onSecretExposed) secretsOf(request).forEach(options.onSecretExposed);
}

function secretsOf({ headers, url = '/' }: IncomingMessage): string[] {
  const given = [headers['x-api-key'], headers.authorization?.split(' ')[1]];
  const query = url.includes('?') ? [...new URLSearchParams(url.slice(url.indexOf('?'))).values()] : [];
  const all = [...given, ...query].filter((text) => typeof text === 'string' && text !== '' && text.length <= 512);
  return [...new Set(all as string[])].slice(0, MAX_SECRETS);
}

function redirect(url: string, response: ServerResponse, { httpsOrigin }: PlainHttpGateOptions): void {
  response.writeHead(308, { location: httpsOrigin() + url, 'content-length': 0 }).end();
}

/** An unknown token is redirected like anything else: a CA follows, and learns nothing from it. */
async function answerChallenge(token: string, response: ServerResponse, options: PlainHttpGateOptions): Promise<void> {
  const authorization = await options.challenge?.(token).catch(() => undefined);
  if (authorization === undefined) {
    redirect(`/.well-known/acme-challenge/${token}`, response, options);
    return;
  }
  response
    .writeHead(200, {
      'content-type': 'application/octet-stream',
      'content-length': Buffer.byteLength(authorization),
      'cache-control': 'no-store',
    })
    .end(authorization);
}
