// The conversation with one ACME server: its directory, nonces, signed requests, and answers that are checked before they are used.
import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { IssuerError } from '../issued/issuer.error.ts';
import { AcmeHttp, type AcmeAnswer } from './acme.http.ts';
import { signed, type JwsIdentity } from './acme.jws.ts';
import { AcmeRefusal, printable, problemSchema, refusal } from './acme.problem.ts';

/** A nonce may be refused for no fault of ours (RFC 8555 §6.5): so many times in a row is one. */
const NONCES = 20;

/** An address that the server gave. */
export const acmeUrl = z.url({ protocol: /^https$/ }).max(2_048);

const directorySchema = z.object({
  newNonce: acmeUrl,
  newAccount: acmeUrl,
  newOrder: acmeUrl,
  renewalInfo: acmeUrl.optional(),
  meta: z
    .object({
      termsOfService: z.string().optional(),
      externalAccountRequired: z.boolean().default(false),
      profiles: z.record(z.string(), z.string()).optional(),
    })
    .prefault({}),
});

/** What the server offers. */
export type AcmeDirectory = z.output<typeof directorySchema>;

/** A request that is signed. */
export interface SignedRequest {
  readonly url: string;
  readonly key: KeyObject;
  readonly identity: JwsIdentity;
  /** Left out: the resource is read. */
  readonly payload?: unknown;
  readonly accept?: string;
}

/** See the head of the file. One for each order: nothing is kept between two. */
export class AcmeSession {
  private nonce?: string;

  constructor(
    private readonly http: AcmeHttp,
    readonly directoryUrl: string,
    readonly signal: AbortSignal,
  ) {}

  /** @throws IssuerError when there is no ACME directory */
  async directory(): Promise<AcmeDirectory> {
    return readAnswer(await this.read(this.directoryUrl), directorySchema, this.directoryUrl);
  }

  /** An unsigned read. @throws IssuerError for every status but 200 */
  async read(url: string): Promise<AcmeAnswer> {
    const answer = await this.http.send({ method: 'GET', url, signal: this.signal });
    if (answer.status !== 200) throw refused(url, answer);
    return answer;
  }

  /** @throws AcmeRefusal with the problem that the server named; IssuerError without an answer */
  async post({ url, key, identity, payload, accept }: SignedRequest): Promise<AcmeAnswer> {
    for (let left = NONCES; ; left--) {
      const body = signed(key, { ...identity, nonce: await this.takeNonce(), url }, payload);
      const answer = await this.http.send({ method: 'POST', url, body, accept, signal: this.signal });
      this.nonce = header(answer, 'replay-nonce');
      if (answer.status < 300) return answer;
      const error = refused(url, answer);
      if (error.kind !== 'badNonce' || left <= 1) throw error;
    }
  }

  private async takeNonce(): Promise<string> {
    const kept = this.nonce;
    this.nonce = undefined;
    if (kept !== undefined) return kept;
    const { newNonce } = await this.directory();
    const answer = await this.http.send({ method: 'HEAD', url: newNonce, signal: this.signal });
    const fresh = header(answer, 'replay-nonce');
    if (fresh === undefined)
      throw new IssuerError(`${newNonce} gave no nonce (${answer.status}): is this an ACME server?`);
    return fresh;
  }
}

/** The JSON of an answer, as far as a schema knows it. @throws IssuerError for anything else */
export function readAnswer<T>({ text }: AcmeAnswer, schema: z.ZodType<T>, url: string): T {
  const parsed = schema.safeParse(json(text));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  throw new IssuerError(
    `${url}: no ACME answer (${where} ${issue?.message ?? ''}): check the address of the directory.`,
  );
}

/** How long to wait, in milliseconds; undefined where the server did not say (RFC 9110 §10.2.3). */
export function retryAfterMs(answer: AcmeAnswer): number | undefined {
  const given = header(answer, 'retry-after');
  if (given === undefined) return undefined;
  const ms = /^\d{1,9}$/.test(given) ? Number(given) * 1_000 : Date.parse(given) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}

export function header({ headers }: AcmeAnswer, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

function refused(url: string, answer: AcmeAnswer): AcmeRefusal {
  const problem = problemSchema.safeParse(json(answer.text));
  if (problem.success && problem.data.type !== 'about:blank') return refusal(url, problem.data, retryAfterMs(answer));
  const said = printable(answer.text, 100).trim() || 'nothing';
  const message = `${url} answered ${answer.status} (${said}): check the address of the directory.`;
  return new AcmeRefusal(message, 'none', { retryAfterMs: retryAfterMs(answer), isTransient: answer.status >= 500 });
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
