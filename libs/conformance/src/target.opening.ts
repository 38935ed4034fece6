// Before the first check: the options are right, the files are there, and the service answers. What is wrong is one error with
// its remedy.
import { readFile } from 'node:fs/promises';
import { X509Certificate } from 'node:crypto';
import { ZodError } from 'zod';
import { SkippedError } from './check.ts';
import type { Answer } from './client/answer.ts';
import { MuteError, peerCertificate } from './client/peer.certificate.ts';
import { findProgram } from './command.opening.ts';
import { ConformanceInputError } from './conformance.error.ts';
import { conformanceOptionsSchema, type ConformanceOptions, type ResolvedOptions } from './conformance.options.ts';
import { TooManyOperationsError } from './openapi/openapi.document.ts';
import type { SuiteProcess } from './process/suite.process.ts';
import { Target } from './target.ts';
import { suitesFor } from './wire/cipher.suites.ts';
import { VERSION } from './wire/tls.constants.ts';
import { probe } from './wire/tls.probe.ts';

/**
 * Opens the service under test for `body`, and closes it afterwards.
 * @throws {ConformanceInputError}
 */
export async function withTarget<T>(
  input: ConformanceOptions,
  body: (target: Target) => Promise<T>,
  early?: Promise<SuiteProcess>,
): Promise<T> {
  const target = new Target(parseOptions(input), early);
  try {
    await preflight(target);
    return await body(target);
  } finally {
    await target.close();
  }
}

function parseOptions(input: ConformanceOptions): ResolvedOptions {
  try {
    return conformanceOptionsSchema.parse(input);
  } catch (error) {
    if (!(error instanceof ZodError)) throw error;
    const [issue] = error.issues;
    const path = issue.path.join('.') || 'options';
    throw new ConformanceInputError(`${path}: ${issue.message}`, 'see `gatehouse conform --help`');
  }
}

/** The service answers TLS, the CA file holds certificates, and a token goes only to a server that proved its name. */
async function preflight(target: Target): Promise<void> {
  const { caFile, command, token, url } = target.options;
  if (caFile !== undefined) await readCa(caFile);
  await readIssuerKey(target);
  if (command) await findProgram(command);
  const peer = await peerCertificate(target).catch((error: Error) => speaksOnlyOldTls(target, error));
  await findNamed(target);
  const doubt = peer ? (peer.trustError ?? peer.nameError) : 'unseen';
  if (token !== undefined && doubt !== undefined) {
    throw new ConformanceInputError(
      `the certificate of ${url.origin} is not trusted (${doubt}), so the token was not sent`,
      'name its CA with --ca <file>, or leave the token out',
    );
  }
}

/**
 * A port that speaks TLS and answers no request at all is no service: what the checks would say of it is not true.
 * @throws {ConformanceInputError}
 */
export async function answersHttp(target: Target): Promise<void> {
  const seen = await peerCertificate(target).catch(() => undefined);
  if (!seen) return; // too old for our client: examined in raw bytes
  const answers = [await target.plainAnswer()];
  if (answers[0]?.status === 0) answers.push(await target.send({ path: '/' }));
  const { status, failure = 'the connection was closed' } = answers.at(-1) as Answer;
  if (status !== 0) return;
  const { host, port } = target.endpoint;
  const remedy = /CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE/.test(failure)
    ? 'it asks for a client certificate, which the suite does not have: run it against an instance that asks for none'
    : 'check that the address is that of an HTTPS service';
  throw new ConformanceInputError(
    `${target.url.origin} speaks TLS and does not answer HTTP: ${failure}`,
    `${remedy}; its TLS alone is examined by: gatehouse tls audit ${host}:${port}`,
  );
}

/** A server too old for any current client is still examined, in raw bytes; one that speaks no TLS at all is not. */
async function speaksOnlyOldTls({ endpoint, url }: Target, error: Error & { reason?: string }): Promise<undefined> {
  const versions = error instanceof MuteError ? [] : [VERSION.tls12, VERSION.tls10, VERSION.ssl3];
  for (const version of versions) {
    const suites = suitesFor(version).map(({ id }) => id);
    const answer = await probe(endpoint, { version, suites, serverName: endpoint.host }).catch(() => undefined);
    if (answer?.kind === 'accepted') return undefined;
  }
  throw new ConformanceInputError(
    `${url.origin} does not answer TLS: ${error.reason ?? error.message.split('\n')[0]}`,
    'check that the service runs and that the address is its HTTPS one',
  );
}

/** What was named must be there: a wrong address would skip half of the suite in silence. */
async function findNamed(target: Target): Promise<void> {
  const { http, management, openapi } = target.options;
  if (openapi !== undefined) {
    await target.api().catch((error: Error) => {
      const why =
        error instanceof SkippedError && !(error instanceof TooManyOperationsError)
          ? 'is no OpenAPI 3 document in JSON, or does not answer'
          : `cannot be used: ${error.message}`;
      throw new ConformanceInputError(`${openapi} ${why}`, 'name the document with --openapi <address or file>');
    });
  }
  if (management !== undefined) {
    const { failure } = await target.fetch({ url: management });
    if (failure)
      throw new ConformanceInputError(
        `${management.origin} does not answer: ${failure}`,
        'name the management address with --management <url>',
      );
  }
  // the checks of the gate would take silence for safety
  if (http !== undefined) {
    const { failure } = await target.fetch({ url: http });
    if (failure)
      throw new ConformanceInputError(
        `${http.origin} does not answer plain HTTP: ${failure}`,
        'name the plain-HTTP address with --http <url>, or leave it out where the service has none',
      );
  }
}

async function readIssuerKey(target: Target): Promise<void> {
  const key = await target.issuerKey().catch((error: Error) => error);
  if (key === undefined || (!(key instanceof Error) && typeof key.d === 'string')) return;
  throw new ConformanceInputError(
    `the issuer's key is no JWK with a private part${key instanceof Error ? `: ${key.message}` : ''}`,
    'name the file of a private JWK with --issuer-key <file>',
  );
}

async function readCa(file: string): Promise<void> {
  try {
    void new X509Certificate(await readFile(file));
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'holds no PEM certificate';
    throw new ConformanceInputError(`the CA file ${file} ${why}`, 'name the PEM file of the CA with --ca <file>');
  }
}
