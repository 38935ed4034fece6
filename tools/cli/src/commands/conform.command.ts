// `gatehouse conform <url>`: the conformance suite against any running service, whoever wrote it and in whatever language.
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { ConformanceOptions } from '@gatehouse/conformance';
import { EXIT_HELP, hasColour, reportCommand, type ReportFlags } from '../report.command.ts';
import { wordsOf } from './command.words.ts';

interface ConformFlags extends ReportFlags {
  ca?: string;
  http?: string;
  management?: string;
  openapi?: string;
  token?: string;
  tokenFile?: string;
  issuerKey?: string;
  revokedTokenFile?: string;
  command?: string;
  only?: string[];
  readOnly?: boolean;
  concurrency?: number;
  junit?: string;
  sarif?: string;
}

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
    .option(
      '--issuer-key <file>',
      'private JWK of a test issuer that it trusts, for tokens that only an issuer can sign',
    )
    .option('--revoked-token-file <file>', 'a token that was revoked')
    .option('--command <command>', 'how to start it, for the checks that start the service themselves')
    .option('--only <ids>', 'run these checks alone, separated by commas', (ids: string) => ids.split(','))
    .option('--read-only', 'never send a valid request that changes something')
    .option('--concurrency <number>', 'checks under way at once, by default 12', Number)
    .option('--json', 'print the report as JSON')
    .option('--junit <file>', 'write the report as JUnit XML too')
    .option('--sarif <file>', 'write the report as SARIF too')
    .option('--fail-on <severity>', 'exit with 1 from this on: critical, high, medium, low, never', 'high')
    .option('--no-color', 'no colour, even on a terminal')
    .addHelpText('after', EXIT_HELP)
    .action(async (url: string, flags: ConformFlags) => {
      process.exitCode = await conform(url, flags);
    });
}

async function conform(url: string, flags: ConformFlags): Promise<number> {
  const { junitReport, runConformance, sarifReport, tableReport } = await import('@gatehouse/conformance');
  return reportCommand(
    'conform',
    flags,
    async (onProgress) => runConformance(await optionsOf(url, flags), onProgress),
    (report) => `${tableReport(report, { colour: hasColour(flags) })}\n`,
    [
      { flag: '--junit', file: flags.junit, render: junitReport },
      { flag: '--sarif', file: flags.sarif, render: sarifReport },
    ],
  );
}

async function optionsOf(url: string, flags: ConformFlags): Promise<ConformanceOptions> {
  const { http, management, openapi, only, readOnly, concurrency, issuerKey, revokedTokenFile } = flags;
  const token = flags.tokenFile === undefined ? flags.token : await readToken(flags.tokenFile);
  const revokedToken = revokedTokenFile === undefined ? undefined : await readToken(revokedTokenFile);
  const command = flags.command === undefined ? undefined : { argv: await readCommand(flags.command) };
  const who = { token, issuerKey, revokedToken };
  return { url, caFile: flags.ca, http, management, openapi, ...who, command, only, readOnly, concurrency };
}

async function readToken(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => error);
  if (typeof text === 'string' && text.trim() !== '') return text.trim();
  const { ConformanceInputError } = await import('@gatehouse/conformance');
  const why = typeof text === 'string' ? 'is empty' : `cannot be read (${text.code})`;
  throw new ConformanceInputError(`the token file ${file} ${why}`, 'name a file that holds the token alone');
}

async function readCommand(line: string): Promise<string[]> {
  const argv = wordsOf(line);
  if (argv && argv.length > 0) return argv;
  const { ConformanceInputError } = await import('@gatehouse/conformance');
  const why = argv ? 'is empty' : 'has quotes that do not close';
  throw new ConformanceInputError(`--command ${JSON.stringify(line)} ${why}`, "write it as --command 'node main.js'");
}
