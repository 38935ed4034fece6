// One order (RFC 8555 §7.4): every name is authorized by http-01, the request is handed in, the chain is fetched. Each wait is bounded.
import { isIP } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import { IssuerError } from '../issued/issuer.error.ts';
import type { AcmeAccount } from './acme.account.ts';
import type { AcmeChallenges } from './acme.challenges.ts';
import type { AcmeAnswer } from './acme.http.ts';
import { keyAuthorization } from './acme.jws.ts';
import { AcmeRefusal, problemSchema, refusal } from './acme.problem.ts';
import { acmeUrl, header, readAnswer, retryAfterMs } from './acme.session.ts';

const orderSchema = z.object({
  status: z.string(),
  authorizations: z.array(acmeUrl).max(200),
  finalize: acmeUrl,
  certificate: acmeUrl.optional(),
  error: problemSchema.optional(),
});

const challengeSchema = z.object({
  type: z.string(),
  url: acmeUrl,
  token: z.string().optional(),
  error: problemSchema.optional(),
});

const authorizationSchema = z.object({
  status: z.string(),
  identifier: z.object({ value: z.string().max(300) }),
  challenges: z.array(challengeSchema).max(50),
});

type Order = z.output<typeof orderSchema>;
type Authorization = z.output<typeof authorizationSchema>;

/** What is ordered. */
export interface OrderRequest {
  readonly newOrder: string;
  readonly names: readonly string[];
  readonly csr: Buffer;
  readonly profile?: string;
  /** The certificate that is renewed, as RFC 9773 §4.1 names it. */
  readonly replaces?: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** @returns the chain, PEM. @throws AcmeRefusal, IssuerError */
export async function orderCertificate(
  account: AcmeAccount,
  challenges: AcmeChallenges,
  request: OrderRequest,
): Promise<string> {
  const until = performance.now() + request.timeoutMs;
  const made = await create(account, request);
  const url = acmeUrl.parse(header(made, 'location'));
  const order = readAnswer(made, orderSchema, url);
  const read = <T>(resource: string, schema: z.ZodType<T>, done: (value: T) => boolean) =>
    settled(account, resource, schema, done, until, request);
  try {
    const proved = await Promise.all(order.authorizations.map((each) => prove(account, challenges, each)));
    for (const each of proved.filter((one) => one !== undefined))
      checkProof(await read(each, authorizationSchema, ({ status }) => status !== 'pending'));
    await read(url, orderSchema, ({ status }) => status !== 'pending').then((ready) => checkOrder(url, ready));
    const csr = request.csr.toString('base64url');
    if (order.status !== 'valid') await account.post(order.finalize, { csr });
    const signed = await read(url, orderSchema, ({ status }) => status !== 'processing' && status !== 'ready');
    checkOrder(url, signed);
    if (!signed.certificate)
      throw new IssuerError(`${url}: the order is valid and has no certificate: ask the CA why.`);
    return (await account.post(signed.certificate, undefined, 'application/pem-certificate-chain')).text;
  } finally {
    await challenges.clear();
  }
}

async function create(account: AcmeAccount, { newOrder, names, profile, replaces }: OrderRequest): Promise<AcmeAnswer> {
  const identifiers = names.map((value) => ({ type: isIP(value) ? 'ip' : 'dns', value }));
  const order = { identifiers, ...(profile === undefined ? {} : { profile }) };
  if (replaces === undefined) return account.post(newOrder, order);
  return account.post(newOrder, { ...order, replaces }).catch((error: unknown) => {
    // A hint about the past never stands in the way: the CA may not know that certificate, or another account ordered it.
    if (error instanceof AcmeRefusal && error.kind !== 'rateLimited') return account.post(newOrder, order);
    throw error;
  });
}

/** Lets the CA look at a name; returns the authorization to wait for, or undefined when that was done before. */
async function prove(account: AcmeAccount, challenges: AcmeChallenges, url: string): Promise<string | undefined> {
  const authorization = readAnswer(await account.post(url), authorizationSchema, url);
  if (authorization.status === 'valid') return undefined;
  const challenge = authorization.challenges.find(({ type }) => type === 'http-01');
  if (!challenge?.token) {
    const offered = authorization.challenges.map(({ type }) => type).join(', ') || 'nothing';
    throw new IssuerError(
      `${authorization.identifier.value}: the CA offers ${offered}, and http-01 alone is spoken here: use certificate files, renewed by a dns-01 client.`,
    );
  }
  await challenges.put(challenge.token, keyAuthorization(challenge.token, account.key));
  await account.post(challenge.url, {});
  return url;
}

function checkProof({ status, identifier, challenges }: Authorization): void {
  if (status === 'valid') return;
  const failed = challenges.find(({ error }) => error !== undefined)?.error;
  if (failed) throw refusal(identifier.value, failed);
  throw new IssuerError(`${identifier.value}: the CA did not authorize it (${status}): order again.`);
}

function checkOrder(url: string, { status, error }: Order): void {
  if (error) throw refusal(url, error);
  if (status === 'invalid')
    throw new IssuerError(`${url}: the order became invalid: look at the names, and order again.`);
}

/** Reads a resource until it is done, as often as the CA asks for and at least every ten seconds. */
async function settled<T>(
  account: AcmeAccount,
  url: string,
  schema: z.ZodType<T>,
  done: (value: T) => boolean,
  until: number,
  { timeoutMs, signal }: OrderRequest,
): Promise<T> {
  for (let pause = 250; ; pause = Math.min(10_000, pause * 2)) {
    const answer = await account.post(url);
    const value = readAnswer(answer, schema, url);
    if (done(value)) return value;
    const waitMs = Math.max(pause, Math.min(30_000, retryAfterMs(answer) ?? 0));
    if (performance.now() + waitMs > until)
      throw new IssuerError(`${url}: not done after ${timeoutMs} ms: the CA is slow, or cannot reach this service.`);
    await wait(waitMs, undefined, { signal });
  }
}
