// `gatehouse revoke`: takes back a token, a subject or a signing key on every replica of a running service, over its management port. The
// operator's own token comes from a file or from standard input, never from the command line (CWE-214).
import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { text } from 'node:stream/consumers';
import type { Command } from 'commander';

interface Flags {
  management: string;
  ca?: string;
  issuer?: string;
  tokenFile: string;
}

const KINDS: Readonly<Record<string, readonly [argument: string | undefined, does: string]>> = {
  token: ['<jti>', 'Refuse one token'],
  subject: ['<subject>', 'Refuse every token of a subject that was issued up to now'],
  key: ['<kid>', 'Refuse every token by a signing key, whatever its issuer still shows'],
  keys: [undefined, 'Fetch the keys of the issuer now: one that it removed is refused at once'],
};

const TIMEOUT_MS = 10_000;

/** Adds the commands. */
export function registerRevoke(program: Command): void {
  const revoke = program.command('revoke').description('Take back tokens and keys of an issuer, on every replica');
  for (const [kind, [argument, does]] of Object.entries(KINDS)) {
    const command = revoke.command(kind).description(does);
    if (argument !== undefined) command.argument(argument);
    command
      .option('--management <url>', 'management address of the service', 'https://localhost:9443')
      .option('--ca <file>', 'PEM file of the CA to trust (default: the public ones)')
      .option('--issuer <url>', 'whose; may be left out where the service trusts one')
      .requiredOption('--token-file <file>', 'a token with the scope authn:revoke; - reads standard input')
      .action(async (...given: unknown[]) => {
        const value = argument === undefined ? undefined : String(given[0]);
        process.exitCode = await send(kind, value, given.at(-2) as Flags);
      });
  }
}

async function send(
  kind: string,
  value: string | undefined,
  { management, ca, issuer, tokenFile }: Flags,
): Promise<number> {
  try {
    const token = (tokenFile === '-' ? await text(process.stdin) : await readFile(tokenFile, 'utf8')).trim();
    const trust = ca === undefined ? undefined : await readFile(ca, 'utf8');
    const answer = await post(new URL('/revocations', management), { kind, issuer, value }, token, trust);
    if (answer.status === 204) {
      process.stdout.write(
        `${kind === 'keys' ? 'the keys are fetched' : 'revoked'} on this replica; on the others within a second\n`,
      );
      return 0;
    }
    process.stderr.write(`gatehouse revoke: the service answered ${answer.status}: ${answer.body}\n`);
  } catch (error) {
    process.stderr.write(`gatehouse revoke: ${(error as Error).message}\n`);
  }
  return 1;
}

function post(
  url: URL,
  body: object,
  token: string,
  ca: string | undefined,
): Promise<{ status?: number; body: string }> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method: 'POST', headers, ca, timeout: TIMEOUT_MS }, (response) => {
      text(response).then((read) => resolve({ status: response.statusCode, body: read.slice(0, 1_000) }), reject);
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${TIMEOUT_MS / 1_000} s`)));
    outgoing.on('error', reject).end(JSON.stringify(body));
  });
}
