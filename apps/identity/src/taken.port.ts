// A port of the identity provider is taken: by one that the services of this state folder can use, or by something they cannot.
import { readFile } from 'node:fs/promises';
import { get } from 'node:https';

/** Tells the two apart; the message names the remedy. */
export class PortTakenError extends Error {
  override readonly name = 'PortTakenError';
  readonly code = 'EADDRINUSE';

  constructor(
    what: string,
    readonly remedy: string,
    /** Whether what runs there is an identity provider whose certificate is of the CA that is trusted here. */
    readonly usable: boolean,
  ) {
    super(`${what}\n  ${remedy}`);
  }
}

/** @param caFile the development CA of this state folder, in PEM */
export async function explainTaken(port: number, caFile: string | undefined): Promise<PortTakenError> {
  const issuer = `https://localhost:${port}`;
  const why = await askIssuer(issuer, caFile && (await readFile(caFile, 'utf8')));
  if (why === undefined)
    return new PortTakenError(
      `${issuer} is an identity provider already`,
      'It is used: its tokens open this one.',
      true,
    );
  return new PortTakenError(
    `port ${port} is taken, and not by an identity provider that is trusted here (${why})`,
    `Tokens are refused. End what runs there, or choose other ports:\n  GATEHOUSE_IDENTITY_PORT=${port + 10} GATEHOUSE_IDENTITY_MANAGEMENT_PORT=${port + 1010}`,
    false,
  );
}

/** Why it cannot be used, or nothing. */
function askIssuer(issuer: string, ca: string | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    const request = get(`${issuer}/jwks`, { ca, agent: false, timeout: 2_000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200 ? undefined : `it answers ${answer.statusCode}`);
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 2 s')));
    request.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
