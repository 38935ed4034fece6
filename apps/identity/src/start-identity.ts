// Starts the development identity provider, on loopback, and nowhere near production: whoever reaches it may be anybody.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:https';
import { createTls, tlsOptionsSchema } from '@gatehouse/tls';
import { identityProvider } from './identity.provider.ts';
import { health, identityServer } from './identity.server.ts';
import { openIdentitySecrets, type IdentityPlace } from './identity.secrets.ts';
import { explainTaken } from './taken.port.ts';

/** Where it listens unless GATEHOUSE_IDENTITY_PORT and GATEHOUSE_IDENTITY_MANAGEMENT_PORT say otherwise. */
export const IDENTITY_PORTS = { https: 8400, management: 9400 } as const;

/** Where the running provider says where it is: an address and the name of a file, no secret. */
export const whereFile = (stateFolder: string): string => join(stateFolder, 'identity.json');

/** A provider that answers. */
export interface RunningIdentity {
  readonly issuer: string;
  readonly caFile?: string;
  close(): Promise<void>;
}

/** The configuration cannot be right; the message names the remedy. */
export class IdentityError extends Error {
  override readonly name = 'IdentityError';

  constructor(
    what: string,
    readonly remedy: string,
  ) {
    super(`${what}\n  ${remedy}`);
  }
}

/**
 * @param ports 0 for any free one
 * @throws IdentityError in production, or when the port of the management is taken
 * @throws PortTakenError when its own port is taken; that says whether what runs there can be used
 */
export async function startIdentity(
  { stateFolder, env }: IdentityPlace,
  ports: { https: number; management: number } = portsOf(env),
): Promise<RunningIdentity> {
  refuseProduction(env);
  const secrets = await openIdentitySecrets({ stateFolder, env });
  const place = { service: 'identity', stateFolder, production: false, env: developmentTls(env) };
  const tls = await createTls(tlsOptionsSchema.parse({}), place);
  const undo: (() => Promise<unknown> | unknown)[] = [() => secrets.close(), () => tls.close()];
  const close = async () => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    let answer: Parameters<typeof identityServer>[1] = (_request, response) => void response.writeHead(503).end();
    const server = identityServer(tls, (request, response) => answer(request, response));
    const say = (issuer: string, flag: 'w' | 'wx') =>
      writeFile(whereFile(stateFolder), JSON.stringify({ issuer, caFile: tls.caFile }), { flag });
    const port = await listen(server, ports.https, undo).catch(async (error: unknown) => {
      // a provider from another state folder: a service with a certificate of its own has to know the development CA all the same
      await say(`https://localhost:${ports.https}`, 'wx').catch(() => undefined);
      throw taken(error) ? await explainTaken(ports.https, tls.caFile) : error;
    });
    const issuer = `https://localhost:${port}`;
    const make = async () => {
      const provider = await identityProvider(issuer, secrets);
      answer = provider.callback();
    };
    await make();
    undo.push(secrets.onRotate('signingKeys', make));
    const management = identityServer(tls, health);
    await listen(management, ports.management, undo).catch((error: unknown) => {
      if (!taken(error)) throw error;
      const remedy = `End that process, or choose another port: GATEHOUSE_IDENTITY_MANAGEMENT_PORT=${ports.management + 10}`;
      throw new IdentityError(`port ${ports.management} is taken`, remedy);
    });
    await say(issuer, 'w');
    for (const each of [server, management]) undo.push(tls.attach(each));
    return { issuer, caFile: tls.caFile, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The certificate of the service beside it is not its own: it could not be had for localhost, and nobody would know whose CA to trust. Which
 * development CA is meant holds for both.
 */
function developmentTls(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { GATEHOUSE_TLS_SOURCES: sources = '' } = env;
  const others = Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('GATEHOUSE_TLS_')));
  return /^(mkcert|embedded)(,(mkcert|embedded))*$/.test(sources)
    ? { ...others, GATEHOUSE_TLS_SOURCES: sources }
    : others;
}

function refuseProduction(env: NodeJS.ProcessEnv): void {
  if (env.NODE_ENV !== 'production') return;
  throw new IdentityError(
    'the development identity provider lets anybody in, and this is production',
    'Use an identity provider of yours: GATEHOUSE_ISSUER and GATEHOUSE_ISSUER_JWKS_URI (docs/identity-providers.md).',
  );
}

function portsOf(env: NodeJS.ProcessEnv): { https: number; management: number } {
  const port = (name: string, otherwise: number): number => {
    const value = Number(env[name] ?? otherwise);
    if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
    throw new IdentityError(`${name}=${env[name]} is no port`, 'Give a number from 1 to 65535.');
  };
  return {
    https: port('GATEHOUSE_IDENTITY_PORT', IDENTITY_PORTS.https),
    management: port('GATEHOUSE_IDENTITY_MANAGEMENT_PORT', IDENTITY_PORTS.management),
  };
}

const taken = (error: unknown): boolean => Object(error).code === 'EADDRINUSE';

async function listen(server: Server, port: number, undo: (() => unknown)[]): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port }, resolve);
  });
  undo.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}
