// `gatehouse tls audit <host:port>`: what a TLS port agrees to, asked in raw bytes, and what of it should not be.
import type { Command } from 'commander';
import { EXIT_HELP, hasColour, reportCommand, type ReportFlags } from '../report.command.ts';

interface AuditFlags extends ReportFlags {
  ca?: string;
  http?: string;
  only?: string[];
  concurrency?: number;
  sarif?: string;
}

/** Adds the command below `tls`, which other commands share. */
export function registerTlsAudit(program: Command): void {
  const tls =
    program.commands.find((command) => command.name() === 'tls') ?? program.command('tls').description('Look into TLS');
  tls
    .command('audit')
    .description('Name each weakness of a TLS port: versions, suites, groups, certificate, session')
    .argument('<host:port>', 'such as localhost:8443 or [::1]:8443')
    .option('--ca <file>', 'PEM file of the CA to trust (default: the public ones)')
    .option('--http <url>', 'its plain-HTTP address, to check the redirect')
    .option('--only <ids>', 'run these checks alone, separated by commas', (ids: string) => ids.split(','))
    .option('--concurrency <number>', 'checks under way at once; 1 for a server that serves one at a time', Number)
    .option('--json', 'print the report as JSON')
    .option('--sarif <file>', 'write the report as SARIF too')
    .option('--fail-on <severity>', 'exit with 1 from this on: critical, high, medium, low, never', 'medium')
    .option('--no-color', 'no colour, even on a terminal')
    .addHelpText('after', EXIT_HELP)
    .action(async (address: string, flags: AuditFlags) => {
      process.exitCode = await audit(address, flags);
    });
}

async function audit(address: string, flags: AuditFlags): Promise<number> {
  const { auditTableReport, auditTls, sarifReport } = await import('@gatehouse/conformance');
  return reportCommand(
    'tls audit',
    flags,
    async (onProgress) => {
      const { ca: caFile, http, only, concurrency } = flags;
      return auditTls({ ...(await parseAddress(address)), caFile, http, only, concurrency }, onProgress);
    },
    (report) => `${auditTableReport(report, { colour: hasColour(flags) })}\n`,
    [{ flag: '--sarif', file: flags.sarif, render: (report) => sarifReport(report, 'gatehouse-tls-audit') }],
  );
}

/** `host:port`, `[v6]:port`, or an https:// address. */
async function parseAddress(text: string): Promise<{ host: string; port: number }> {
  const url = URL.parse(text.includes('://') ? text : `https://${text}`);
  const hasPort = url !== null && (url.port !== '' || /:443$/.test(text) || text.startsWith('https://'));
  if (hasPort && url.protocol === 'https:')
    return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || 443) };
  const { ConformanceInputError } = await import('@gatehouse/conformance');
  throw new ConformanceInputError(`"${text}" is no host and port`, 'write it as localhost:8443');
}
