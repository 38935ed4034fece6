// Runs the checks: the slow ones first, many at once, each bounded in time. A check that throws is an error, never a pass.
import { readFile } from 'node:fs/promises';
import { X509Certificate } from 'node:crypto';
import { ZodError } from 'zod';
import { CHECKS } from './check.registry.ts';
import { SkippedError, type Check, type Finding } from './check.ts';
import { peerCertificate } from './client/peer.certificate.ts';
import { ConformanceInputError } from './conformance.error.ts';
import { conformanceOptionsSchema, type ConformanceOptions, type ResolvedOptions } from './conformance.options.ts';
import { makeReport, worstSeverity, type CheckResult, type Report } from './conformance.report.ts';
import { Target } from './target.ts';

/** Time that a check has on top of the slowest client that it plays, milliseconds. */
const MARGIN_MS = 4_000;

/**
 * Runs the suite against a live service.
 * @throws {ConformanceInputError} when the options are wrong, the CA file is none, or the service cannot be reached
 * @example const report = await runConformance({ url: 'https://localhost:8443', caFile: '.gatehouse/ca/ca.pem' });
 */
export async function runConformance(
  input: ConformanceOptions,
  onProgress: (result: CheckResult) => void = () => undefined,
): Promise<Report> {
  const options = parseOptions(input);
  const checks = selectChecks(options.only);
  const startedAt = new Date();
  const target = new Target(options);
  try {
    await preflight(target);
    const results = new Map<string, CheckResult>();
    const queue = [...checks].sort((a, b) => Number(b.slow ?? false) - Number(a.slow ?? false));
    const worker = async () => {
      for (let check = queue.shift(); check; check = queue.shift()) {
        const result = await runCheck(check, target);
        results.set(check.id, result);
        onProgress(result);
      }
    };
    await Promise.all(Array.from({ length: options.concurrency }, worker));
    return makeReport(
      options.url,
      startedAt,
      checks.flatMap(({ id }) => results.get(id) ?? []),
    );
  } finally {
    target.close();
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

function selectChecks(only: readonly string[] | undefined): readonly Check[] {
  if (!only) return CHECKS;
  const unknown = only.find((id) => !CHECKS.some((check) => check.id === id));
  if (unknown !== undefined) {
    throw new ConformanceInputError(
      `there is no check "${unknown}"`,
      `the checks are: ${CHECKS.map(({ id }) => id).join(', ')}`,
    );
  }
  return CHECKS.filter(({ id }) => only.includes(id));
}

/** The service answers TLS, the CA file holds certificates, and a token goes only to a server that proved its name. */
async function preflight(target: Target): Promise<void> {
  const { caFile, token, url } = target.options;
  if (caFile !== undefined) await readCa(caFile);
  const peer = await peerCertificate(target).catch((error: Error) => {
    throw new ConformanceInputError(
      `${url.origin} does not answer TLS: ${error.message}`,
      'check that the service runs and that the address is its HTTPS one',
    );
  });
  await findNamed(target);
  if (token !== undefined && (peer.trustError ?? peer.nameError) !== undefined) {
    throw new ConformanceInputError(
      `the certificate of ${url.origin} is not trusted (${peer.trustError ?? peer.nameError}), so the token was not sent`,
      'name its CA with --ca <file>, or leave the token out',
    );
  }
}

/** What was named must be there: a wrong address would skip half of the suite in silence. */
async function findNamed(target: Target): Promise<void> {
  const { management, openapi } = target.options;
  if (openapi !== undefined) {
    await target.api().catch((error: Error) => {
      const why =
        error instanceof SkippedError
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
}

async function readCa(file: string): Promise<void> {
  try {
    void new X509Certificate(await readFile(file));
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : 'holds no PEM certificate';
    throw new ConformanceInputError(`the CA file ${file} ${why}`, 'name the PEM file of the CA with --ca <file>');
  }
}

async function runCheck(check: Check, target: Target): Promise<CheckResult> {
  const { id, title, control, remedy } = check;
  const start = Date.now();
  const outcome = (result: Pick<CheckResult, 'status' | 'findings' | 'reason'>): CheckResult => ({
    ...{ id, title, control, remedy },
    severity: worstSeverity(check, result.findings),
    ms: Date.now() - start,
    ...result,
  });
  try {
    const findings = await bounded(check, target);
    return outcome({ status: findings.length > 0 ? 'fail' : 'pass', findings });
  } catch (error) {
    const reason = (error as Error).message;
    return outcome({ status: error instanceof SkippedError ? 'skipped' : 'error', findings: [], reason });
  }
}

async function bounded(check: Check, target: Target): Promise<Finding[]> {
  if (check.needs === 'command' && !target.options.command)
    throw new SkippedError('needs a command that starts the service (--command)');
  const startMs = check.needs === 'command' ? (target.options.command?.startSeconds ?? 0) * 3_000 : 0;
  const limitMs = Math.max(target.options.slowMs, startMs, target.options.timeoutMs * 2) + MARGIN_MS;
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not finished within ${limitMs} ms`)), limitMs);
  });
  return Promise.race([check.run(target), expiry]).finally(() => clearTimeout(timer));
}
