// `gatehouse certs status`: which certificate each service serves, how long it lasts, where it is from, and what is wrong with it.
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { CertificateStatus } from '@gatehouse/tls';
import { workspaceRoot } from '../workspace.ts';

/** Adds the command below `certs`, which other commands share. */
export function registerCertsStatus(program: Command): void {
  const certs =
    program.commands.find((command) => command.name() === 'certs') ??
    program.command('certs').description('Look after certificates');
  certs
    .command('status')
    .description('Show the certificate that each service serves, and what is wrong with it')
    .option('--state <folder>', 'where the services keep their state (default: GATEHOUSE_STATE, else .gatehouse)')
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExit code: 0 good, 1 a certificate needs care, 2 no service has served here yet.')
    .action(async (flags: { state?: string; json?: boolean }) => {
      process.exitCode = await status(flags);
    });
}

async function status({ state, json }: { state?: string; json?: boolean }): Promise<number> {
  const { certificateStatus } = await import('@gatehouse/tls');
  const folder = resolve(state ?? process.env.GATEHOUSE_STATE ?? join(workspaceRoot, '.gatehouse'));
  const services = await certificateStatus(folder);
  if (json) process.stdout.write(`${JSON.stringify(services, undefined, 2)}\n`);
  else process.stdout.write(services.map(text).join('\n'));
  if (services.length === 0) {
    process.stderr.write(
      `gatehouse certs status: no service has served from ${folder} yet.\nRemedy: npm start, or --state with its folder\n`,
    );
    return 2;
  }
  return services.some(({ findings }) => findings.length > 0) ? 1 : 0;
}

function text({ service, running, certificates, listeners, findings, reportedAt }: CertificateStatus): string {
  const lines = [`${service}  ${running ? 'running' : `not running (as it was on ${reportedAt})`}`];
  for (const { source, certificate, renewal } of certificates) {
    if (!certificate) continue;
    const { names, uris, notAfter, remainingFraction, serial } = certificate;
    lines.push(
      `  ${[...names, ...(uris ?? [])].join(', ')}`,
      `    from ${source}, until ${notAfter.slice(0, 10)}, ${Math.round(remainingFraction * 100)} % of its lifetime left, serial ${serial}`,
    );
    if (renewal?.dueAt)
      lines.push(`    renewed by the service itself, next on ${renewal.dueAt.slice(0, 16).replace('T', ' ')}`);
  }
  for (const { address, certificate } of running ? listeners : [])
    lines.push(`    ${address} ${certificate ? `serves ${certificate.serial}` : 'does not answer'}`);
  for (const { level, message } of findings) lines.push(`  ${level === 'error' ? '✗' : '!'} ${message}`);
  return `${lines.join('\n')}\n`;
}
