// The one line of a service's tests: the whole suite on the running service, one test a check. Uses the test runner's
// own globals (Jest, Vitest with globals), so that nothing but the suite has to be installed.
import { CHECKS } from './check.registry.ts';
import { commandSchema, type ConformanceOptions } from './conformance.options.ts';
import type { CheckResult, Report } from './conformance.report.ts';
import { runConformance } from './conformance.runner.ts';
import { SuiteProcess } from './process/suite.process.ts';

/** What a starter gives; `runService` of a Gatehouse service fits. */
export interface StartedService {
  readonly urls: Readonly<Record<'https', string | URL> & Partial<Record<'http' | 'management', string | URL>>>;
  readonly caFile?: string;
  /** For the routes that need one, unless the options have another. */
  readonly token?: string;
  /** The private key of its issuer, for what only an issuer could sign. */
  readonly issuerKey?: ConformanceOptions['issuerKey'];
  /** A token that was good once. */
  readonly revokedToken?: () => Promise<string>;
  /** By which a second process of it trusts the same issuer. */
  readonly environment?: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** `environment` of the service, where that is known before it runs: then a second process of it starts beside it. */
export interface StartingService extends Promise<StartedService> {
  readonly environment?: Promise<Readonly<Record<string, string>>>;
}

type Command = NonNullable<ConformanceOptions['command']>;

export interface DescribeOptions extends Pick<
  ConformanceOptions,
  'token' | 'issuerKey' | 'openapi' | 'readOnly' | 'slowMs' | 'timeoutMs'
> {
  /** How to start the service as a process; without it the checks that need it are shown as skipped. */
  readonly command?: ConformanceOptions['command'];
  /** Checks that this service does not pass, each with the reason; shown as skipped with it. */
  readonly except?: Readonly<Record<string, string>>;
}

/** The globals of the test runner that are used. */
interface TestRunner {
  describe(name: string, body: () => void): void;
  it: ((name: string, body: () => void) => void) & { skip(name: string, body: () => void): void };
  beforeAll(body: () => Promise<void>, timeoutMs: number): void;
  afterAll(body: () => Promise<void>, timeoutMs?: number): void;
}

const LIMIT_MS = 120_000;

/**
 * Declares the suite. Checks that had nothing to look at pass, and their reasons are printed at the end.
 * @param start starts the service; its `close` is called at the end. An address stands for a service that runs already
 * @example describeConformance(() => runService(AppModule, service, { ports: { https: 0, http: 0, management: 0 } }));
 */
export function describeConformance(start: (() => StartingService) | string, options: DescribeOptions = {}): void {
  const { describe, it, beforeAll, afterAll } = globalThis as unknown as TestRunner;
  const { except = {}, ...rest } = options;
  const unknown = Object.keys(except).find((id) => !CHECKS.some((check) => check.id === id));
  if (unknown !== undefined) throw new Error(`describeConformance: there is no check "${unknown}" to except`);
  describe('conformance', () => {
    let service: StartedService | undefined;
    let report: Report | undefined;

    beforeAll(async () => {
      const starting = typeof start === 'string' ? running(start) : start();
      const early = startEarly(starting, rest.command);
      service = await starting.catch(async (error: unknown) => {
        await (await early?.catch(() => undefined))?.dispose();
        throw error;
      });
      const { token, issuerKey, environment } = service;
      const command = rest.command && withEnvironment(rest.command, environment);
      const revokedToken = await service.revokedToken?.();
      const input = { token, issuerKey, revokedToken, ...rest, command, ...addresses(service) };
      report = await runConformance(input, undefined, early);
    }, LIMIT_MS);

    afterAll(async () => {
      await service?.close();
      for (const { id, reason } of skippedOf(report, options))
        process.stderr.write(`skipped: conformance ${id}: ${reason}\n`);
    }, LIMIT_MS);

    for (const { id, title, needs } of CHECKS) {
      const name = `${id}: ${title}`;
      if (id in except) it.skip(`${name} (excepted: ${except[id]})`, () => undefined);
      else if (needs !== undefined && !options.command) it.skip(`${name} (needs a command)`, () => undefined);
      else it(name, () => assertPassed(report?.results.find((result) => result.id === id)));
    }
  });
}

const running = async (https: string): Promise<StartedService> => ({
  urls: { https },
  close: async () => undefined,
});

const withEnvironment = (command: Command, environment: StartedService['environment']): Command => ({
  ...command,
  env: { ...environment, ...command.env },
});

/** The process for the checks that look at one, beside the start of the service: each takes a second of one core. */
function startEarly(starting: StartingService, command: Command | undefined): Promise<SuiteProcess> | undefined {
  if (!command || !starting.environment) return undefined;
  const early = starting.environment.then((environment) =>
    SuiteProcess.start(commandSchema.parse(withEnvironment(command, environment))),
  );
  early.catch(() => undefined); // each check that asks for it is told
  return early;
}

function addresses({
  urls,
  caFile,
}: StartedService): Pick<ConformanceOptions, 'url' | 'http' | 'management' | 'caFile'> {
  return {
    url: String(urls.https),
    http: urls.http && String(urls.http),
    management: urls.management && String(urls.management),
    caFile,
  };
}

function skippedOf(report: Report | undefined, { command }: DescribeOptions): CheckResult[] {
  return (report?.results ?? []).filter(({ id, status }) => {
    const needs = CHECKS.find((check) => check.id === id)?.needs;
    return status === 'skipped' && (command !== undefined || needs === undefined);
  });
}

function assertPassed(result: CheckResult | undefined): void {
  if (!result) throw new Error('the suite did not run');
  const { status, reason, findings, remedy, control } = result;
  if (status === 'error') throw new Error(`the check could not be carried out: ${reason}`);
  if (status !== 'fail') return;
  const seen = findings.map(({ message, evidence }) => (evidence ? `${message}\n    seen: ${evidence}` : message));
  throw new Error([...seen, `remedy: ${remedy}`, `control: ${control.join(', ')}`].join('\n  '));
}
