// The CA that callers are told to trust.
import { readFile } from 'node:fs/promises';
import { countCertificates } from './certificate.facts.ts';
import { TlsError } from './tls.error.ts';

/** The file is only shown to people, who then paste a line with it: better wrong now than there. */
export async function checkAuthorities(caFile: string): Promise<void> {
  const pem = await readFile(caFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new TlsError(`GATEHOUSE_TLS_CA_FILE=${caFile} cannot be read (${error.code}): correct the path.`);
  });
  if (countCertificates(pem) === 0)
    throw new TlsError(
      `GATEHOUSE_TLS_CA_FILE=${caFile}: no valid PEM certificate in it: give the CA that callers have to trust.`,
    );
}
