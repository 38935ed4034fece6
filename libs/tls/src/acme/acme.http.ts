// Requests to an ACME server: HTTPS with its certificate checked, bounded in time and size, redirects not followed.
import { Agent, request } from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { policyOptions } from '../tls.policy.ts';
import { IssuerError } from '../issued/issuer.error.ts';

const MOST_BYTES = 1_048_576;
const UNTRUSTED = /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/;
const { minVersion, ciphers, ecdhCurve } = policyOptions({});

/** An answer, read whole. */
export interface AcmeAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** One request. */
export interface AcmeRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: string;
  readonly body?: string;
  readonly accept?: string;
  readonly signal: AbortSignal;
}

/** See the head of the file. */
export class AcmeHttp {
  private readonly agent: Agent;

  /** @param ca PEM of the CA of the directory's own certificate; the public ones otherwise */
  constructor(
    private readonly timeoutMs: number,
    ca: string | undefined,
  ) {
    // Said aloud: NODE_TLS_REJECT_UNAUTHORIZED=0 changes the default.
    const trust = { ca, minVersion, ciphers, ecdhCurve, rejectUnauthorized: true };
    this.agent = new Agent({ ...trust, keepAlive: true, maxSockets: 4, timeout: timeoutMs });
  }

  /** @throws IssuerError naming the URL and the remedy, when there is no whole answer in time */
  async send({ method, url, body, accept = 'application/json', signal }: AcmeRequest): Promise<AcmeAnswer> {
    const headers = {
      accept,
      'accept-language': 'en',
      'user-agent': 'gatehouse-tls',
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/jose+json', 'content-length': Buffer.byteLength(body) }),
    };
    const until = AbortSignal.any([signal, AbortSignal.timeout(this.timeoutMs)]);
    try {
      return await new Promise<AcmeAnswer>((resolve, reject) => {
        const options = { method, headers, agent: this.agent, signal: until, maxHeaderSize: 16_384 };
        const sent = request(url, options, (response) => void readWhole(response).then(resolve, reject));
        sent.on('error', reject).end(body);
      });
    } catch (error) {
      throw this.explained(url, error as NodeJS.ErrnoException);
    }
  }

  close(): void {
    this.agent.destroy();
  }

  private explained(url: string, error: NodeJS.ErrnoException): IssuerError {
    const { code = '', name, message } = error;
    if (error instanceof IssuerError) return error;
    if (UNTRUSTED.test(code))
      return new IssuerError(
        `${url}: its certificate is not trusted (${code}): set GATEHOUSE_TLS_ACME_CA_FILE to the CA of this directory.`,
      );
    if (name === 'AbortError' || name === 'TimeoutError')
      return new IssuerError(
        `${url}: no whole answer within ${this.timeoutMs} ms: is the CA up, and may we reach it?`,
        {
          isTransient: true,
        },
      );
    return new IssuerError(`${url} cannot be reached (${code || message}): is the CA up, and may we reach it?`, {
      isTransient: true,
    });
  }
}

async function readWhole(response: IncomingMessage): Promise<AcmeAnswer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size > MOST_BYTES) throw new Error(`the answer is longer than ${MOST_BYTES} bytes`);
  }
  const { statusCode = 0, headers } = response;
  return { status: statusCode, headers, text: Buffer.concat(chunks).toString() };
}
