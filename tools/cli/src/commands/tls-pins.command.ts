// `gatehouse tls pins <host:port>` or `--cert file`: the pins of what is served, and a key in reserve with its pin.
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { CertificatePin, ServedPins } from '@gatehouse/http-client';

interface PinsFlags {
  cert?: string;
  ca?: string;
  backupKey?: string;
  json?: boolean;
}

interface PinsReport {
  host?: string;
  untrusted?: string;
  certificates: readonly CertificatePin[];
  backup?: { file: string; pin: string };
}

/** Adds the command below `tls`, which other commands share. */
export function registerTlsPins(program: Command): void {
  const tls =
    program.commands.find((command) => command.name() === 'tls') ?? program.command('tls').description('Look into TLS');
  tls
    .command('pins')
    .description('Print the pins of the keys that vouch for a host, and make a backup key')
    .argument('[host:port]', 'such as localhost:8443 or [::1]:8443')
    .option('--cert <file>', 'PEM file of the certificate or chain, instead of a host')
    .option('--ca <file>', 'PEM file of the CA to trust (default: the public ones)')
    .option('--backup-key <file>', 'make a key for later in a new file (0600), and print its pin')
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExit code: 0 good, 1 the host is not trusted, 2 wrong usage, or nobody answers.')
    .action(async (address: string | undefined, flags: PinsFlags) => {
      process.exitCode = await pins(address, flags).catch((error: unknown) => fail((error as Error).message));
    });
}

async function pins(address: string | undefined, flags: PinsFlags): Promise<number> {
  const { makeBackupKey } = await import('@gatehouse/http-client');
  if (address !== undefined && flags.cert !== undefined) return fail('give a host or --cert, not both');
  if (address === undefined && flags.cert === undefined && flags.backupKey === undefined)
    return fail('give a host such as localhost:8443, --cert with a file, or --backup-key with a new file');
  const found = await look(address, flags);
  const report: PinsReport = {
    ...(found && 'pins' in found ? { host: found.host, untrusted: found.untrusted } : {}),
    certificates: found ? ('pins' in found ? found.pins : found) : [],
    ...(flags.backupKey ? { backup: { file: flags.backupKey, pin: await makeBackupKey(flags.backupKey) } } : {}),
  };
  process.stdout.write(flags.json ? `${JSON.stringify(report, undefined, 2)}\n` : text(report));
  return report.untrusted === undefined ? 0 : 1;
}

async function look(
  address: string | undefined,
  { cert, ca }: PinsFlags,
): Promise<ServedPins | CertificatePin[] | undefined> {
  const { pinsOfPem, servedPins } = await import('@gatehouse/http-client');
  if (cert !== undefined) return pinsOfPem(await readText(cert, '--cert'));
  if (address === undefined) return undefined;
  return servedPins(address, { ca: ca === undefined ? undefined : await readText(ca, '--ca') });
}

async function readText(file: string, option: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`${file} cannot be read (${error.code ?? error.message}): name a PEM file with ${option}`);
  });
}

function text({ host, untrusted, certificates, backup }: PinsReport): string {
  const lines = host === undefined ? [] : [host];
  if (untrusted !== undefined)
    lines.push(
      `✗ NOT VERIFIED (${untrusted}): anybody could have answered. Give --ca, or take the pins from the file: --cert`,
    );
  for (const { pin, subject, isAuthority, notAfter } of certificates)
    lines.push(`${pin}  ${isAuthority ? 'CA' : 'own'}  ${subject || '(no subject)'}, until ${notAfter.slice(0, 10)}`);
  if (backup)
    lines.push(
      `${backup.pin}  backup  ${backup.file}`,
      `Keep ${backup.file} offline: whoever has it passes for the host.`,
    );
  return `${lines.join('\n')}\n`;
}

function fail(message: string): number {
  process.stderr.write(`gatehouse tls pins: ${message}\n`);
  return 2;
}
