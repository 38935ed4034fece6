// What `gatehouse token` does: client credentials of a seeded caller, over verified TLS.
import { readFile } from 'node:fs/promises';
import { createHttpClient } from '@gatehouse/http-client';
import { z } from 'zod';
import { clientSecret, openIdentitySecrets, type IdentityPlace } from './identity.secrets.ts';
import { RESOURCE } from './identity.provider.ts';
import { findCaller, seededCallers } from './seeded.callers.ts';
import { IdentityError, whereFile } from './start-identity.ts';

/** Which token. */
export interface WantedToken {
  readonly scope: string;
  /** Name of a seeded caller. */
  readonly as: string;
  /** The service that it is for. */
  readonly audience: string;
}

const granted = z.object({ access_token: z.string(), scope: z.string().default('') });
const refused = z.object({ error: z.string(), error_description: z.string().optional() });

/** @throws IdentityError when it is not granted; HttpClientError when nobody answers */
export async function requestToken(place: IdentityPlace, wanted: WantedToken): Promise<string> {
  const { scope, as, audience } = wanted;
  const names = seededCallers.map(({ name }) => name).join(', ');
  if (!findCaller(as)) throw new IdentityError(`there is no caller "${as}"`, `There are: ${names}.`);
  const { issuer, caFile } = await whereIsIt(place);
  const secrets = await openIdentitySecrets(place);
  const secret = clientSecret(secrets, as);
  await secrets.close();
  const ca = caFile === undefined ? undefined : await readFile(caFile, 'utf8');
  const client = createHttpClient({
    allow: [new URL(issuer).host],
    ca,
    insecureLoopback: true,
    retry: { attempts: 0 },
  });
  const asked = client.request(`${issuer}/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${as}:${secret}`).toString('base64')}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource: RESOURCE + audience }).toString(),
  });
  const answer = await asked
    .catch((cause: { code?: unknown }) => {
      throw cause.code === 'certificate-refused'
        ? elsewhere(issuer, place, 'has a certificate that is not of the CA')
        : cause;
    })
    .finally(() => client.close());
  if (!answer.ok) {
    const { error, error_description: why = '' } = answer.json(refused);
    if (error === 'invalid_client') throw elsewhere(issuer, place, `does not take the secret of ${as}`);
    throw new IdentityError(`no token: ${error} ${why}`, 'Correct --scope or --as.');
  }
  const token = answer.json(granted);
  const missing = scope.split(' ').filter((each) => !token.scope.split(' ').includes(each));
  if (missing.length === 0) return token.access_token;
  throw new IdentityError(`${as} may not have ${missing.join(' ')}`, `Ask as somebody else: ${names}.`);
}

/** What it is about when both ends are right, and do not fit. */
const elsewhere = (issuer: string, { stateFolder }: IdentityPlace, how: string) =>
  new IdentityError(
    `the identity provider at ${issuer} ${how} that is in ${stateFolder}: it was started with another state folder`,
    'Set GATEHOUSE_STATE to the folder that its npm start has (by default .gatehouse of its workspace), or stop it and start one here: npm start',
  );

const where = z.object({ issuer: z.url(), caFile: z.string().optional() });

async function whereIsIt({ stateFolder }: IdentityPlace): Promise<z.output<typeof where>> {
  try {
    return where.parse(JSON.parse(await readFile(whereFile(stateFolder), 'utf8')));
  } catch {
    throw new IdentityError(
      `no identity provider has run with ${stateFolder}`,
      'Start it: npm start. Or set GATEHOUSE_STATE to the folder of the one that runs.',
    );
  }
}
