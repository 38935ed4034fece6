// `gatehouse conform <url>`: the conformance suite against any running service, whoever wrote it and in whatever language.
import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { CheckResult, ConformanceOptions, FailOn, Report } from '@gatehouse/conformance';

interface ConformFlags {
  ca?: string;
  http?: string;
  management?: string;
  openapi?: string;
  token?: string;
  tokenFile?: string;
  command?: string;
  only?: string[];
  readOnly?: boolean;
  json?: boolean;
  junit?: string;
  failOn: string;
  color: boolean;
}

/** The input was wrong, or nothing answered: no verdict. */
const EXIT_INPUT = 2;

/** Adds the command. */
export function registerConform(program: Command): void {
  program
    .command('conform')
    .description('Prove the controls on a running service over the wire')
    .argument('<url>', 'its HTTPS address, such as https://localhost:8443')
    .option('--ca <file>', 'PEM file of the CA to trust (default: the public ones)')
    .option('--http <url>', 'its plain-HTTP address, to check the gate')
    .option('--management <url>', 'its management address, which has the OpenAPI document')
    .option('--openapi <url|file>', 'the OpenAPI document in JSON, when it is elsewhere')
    .option('--token <token>', 'bearer token for routes that need one (others can see it in ps)')
    .option('--token-file <file>', 'the same, from a file')
    .option('--command <command>', 'how to start it, for the checks that start the service themselves')
    .option('--only <ids>', 'run these checks alone, separated by commas', (ids: string) => ids.split(','))
    .option('--read-only', 'never send a valid request that changes something')
    .option('--json', 'print the report as JSON')
    .option('--junit <file>', 'write the report as JUnit XML too')
    .option('--fail-on <severity>', 'exit with 1 from this on: critical, high, medium, low, never', 'high')
    .option('--no-color', 'no colour, even on a terminal')
    .addHelpText('after', '\nExit code: 0 good, 1 findings at or above --fail-on, 2 wrong input or no answer.')
    .action(async (url: string, flags: ConformFlags) => {
      process.exitCode = await conform(url, flags);
    });
}

async function conform(url: string, flags: ConformFlags): Promise<number> {
  const { ConformanceInputError, exitCodeOf, junitReport, runConformance, tableReport } =
    await import('@gatehouse/conformance');
  try {
    const failOn = await readFailOn(flags.failOn);
    const report = await runConformance(await optionsOf(url, flags), progress(flags));
    clearProgress(flags);
    if (flags.junit !== undefined) await writeFile(flags.junit, junitReport(report));
    process.stdout.write(flags.json ? toJson(report) : `${tableReport(report, { colour: hasColour(flags) })}\n`);
    return exitCodeOf(report, failOn);
  } catch (error) {
    clearProgress(flags);
    const remedy = error instanceof ConformanceInputError ? error.remedy : undefined;
    if (remedy === undefined && (error as NodeJS.ErrnoException).code === undefined) throw error;
    process.stderr.write(`gatehouse conform: ${(error as Error).message}\n${remedy ? `Remedy: ${remedy}\n` : ''}`);
    return EXIT_INPUT;
  }
}

async function readFailOn(text: string): Promise<FailOn> {
  const { ConformanceInputError, failOnSchema } = await import('@gatehouse/conformance');
  const parsed = failOnSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new ConformanceInputError(
    `--fail-on "${text}" is no severity`,
    `use one of ${failOnSchema.options.join(', ')}`,
  );
}

async function optionsOf(url: string, flags: ConformFlags): Promise<ConformanceOptions> {
  const { http, management, openapi, only, readOnly } = flags;
  const token = flags.tokenFile === undefined ? flags.token : (await readFile(flags.tokenFile, 'utf8')).trim();
  const command = flags.command === undefined ? undefined : { argv: words(flags.command) };
  return { url, caFile: flags.ca, http, management, openapi, token, command, only, readOnly };
}

/** Splits a command line at spaces, honouring quotes; no shell is asked. */
function words(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare);
}

function hasColour({ color }: ConformFlags): boolean {
  return color && process.stdout.isTTY && !process.env.NO_COLOR;
}

function isInteractive({ json }: ConformFlags): boolean {
  return !json && process.stderr.isTTY;
}

function progress(flags: ConformFlags): (result: CheckResult) => void {
  let done = 0;
  return ({ id }) => {
    done += 1;
    if (isInteractive(flags)) process.stderr.write(`\r\u001b[K${done} checks, ${id} …`);
  };
}

function clearProgress(flags: ConformFlags): void {
  if (isInteractive(flags)) process.stderr.write('\r\u001b[K');
}

function toJson(report: Report): string {
  return `${JSON.stringify(report, undefined, 2)}\n`;
}
