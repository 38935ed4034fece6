// Starts a service as `npm start` does, on free ports and with a state folder of its own, and leaves nothing behind.
import { randomUUID } from 'node:crypto';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestIssuer, type TokenRequest } from '@gatehouse/authn/testing';
import { AUDIT_SCOPE } from '../audit/audit.scope.ts';
import type { ServiceDescriptor } from '../config/service.options.ts';
import type { ServiceOverrides } from '../config/settings.ts';
import { type AppSource, type RunningService, startService } from '../start-service.ts';
import { caller, rawCaller } from './https.caller.ts';

/** A running service with clients for it. `close` also removes its state, unless the test gave the folder. */
export interface TestService extends RunningService {
  readonly stateFolder: string;
  /** The CA in PEM, for a client of the test's own. */
  readonly ca?: string;
  /** Calls as the caller of the test, unless the call has an `authorization` of its own (undefined: none). */
  readonly call: ReturnType<typeof caller>;
  readonly raw: ReturnType<typeof rawCaller>;
  /** The token of that caller: every scope that a route asks for but an auditor's, for an hour. */
  readonly token: string;
  /** A token of somebody else; unless it says which scopes, it has the same. */
  readonly mint: (request?: TokenRequest) => Promise<string>;
  /** Who signs them; for what `mint` cannot get wrong. */
  readonly issuer: TestIssuer;
  /** The issuer's key, a token that was revoked, and the settings by which a second process trusts the same issuer: for conformance. */
  readonly issuerKey: Awaited<ReturnType<TestIssuer['privateJwk']>>;
  readonly revokedToken: () => Promise<string>;
  readonly environment: Readonly<Record<string, string>>;
}

/** A service that starts: `environment` is there before it runs, so that a second process of it can start meanwhile. */
export interface StartingService extends Promise<TestService> {
  readonly environment: Promise<TestService['environment']>;
}

/**
 * @param app its root module, or what loads it: then what starts beside it does not wait for that
 * @param asked what the caller of the test is, where it matters
 * @example const service = await startForTest(AppModule, descriptor);
 * expect((await service.call('GET', '/v1/orders')).status).toBe(200);
 */
export function startForTest(
  app: AppSource,
  descriptor: ServiceDescriptor,
  overrides: ServiceOverrides = {},
  asked: TokenRequest = {},
): StartingService {
  const place = preparePlace(descriptor, overrides);
  const early = overrides.stateFolder === undefined ? place.then((own) => trusting(own, descriptor)) : undefined;
  const starting = place.then((given) => startThere(given, app, descriptor, overrides, asked, early));
  const environment = early ?? starting.then((service) => service.environment);
  environment.catch(() => undefined); // whoever waits for the service is told
  return Object.assign(starting, { environment });
}

/** A database that is about to end still writes. */
const AT_EXIT = { recursive: true, force: true, maxRetries: 5 };

type Place = Pick<TestService, 'issuer' | 'stateFolder'>;

async function preparePlace({ name, authn }: ServiceDescriptor, overrides: ServiceOverrides): Promise<Place> {
  const issuer = await TestIssuer.create(undefined, authn?.audience ?? name);
  return { issuer, stateFolder: overrides.stateFolder ?? (await mkdtemp(join(tmpdir(), `gatehouse-${name}-`))) };
}

/** Written into the state folder: where the test gave that, only the service makes it. */
const trusting = async ({ issuer, stateFolder }: Place, { authn }: ServiceDescriptor) =>
  authn ? issuer.environment(join(stateFolder, 'issuer-keys.json')) : {};

async function startThere(
  place: Place,
  app: AppSource,
  descriptor: ServiceDescriptor,
  overrides: ServiceOverrides,
  asked: TokenRequest,
  early?: StartingService['environment'],
): Promise<TestService> {
  const { issuer, stateFolder } = place;
  const own = overrides.stateFolder === undefined;
  // beside the state and not in the home of whoever runs the test; a test that gave the folder may start on it again
  const GATEHOUSE_SECRETS_KEY_FILE = `${stateFolder}.key`;
  const made = own ? [stateFolder, GATEHOUSE_SECRETS_KEY_FILE] : [];
  const removeAtExit = () => made.forEach((path) => rmSync(path, AT_EXIT));
  process.once('exit', removeAtExit);
  const remove = async () => {
    for (const path of made) await rm(path, { recursive: true, force: true });
    process.off('exit', removeAtExit);
  };
  const running = await startService(app, descriptor, {
    ports: { https: 0, http: 0, management: 0 },
    logLevel: 'silent',
    issuers: [issuer.options],
    ...overrides,
    stateFolder,
    env: { GATEHOUSE_SECRETS_KEY_FILE, ...(overrides.env ?? process.env) },
  }).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  const ca = running.caFile === undefined ? undefined : readFileSync(running.caFile, 'utf8');
  const close = () => running.close().finally(remove);
  const { https } = running.urls;
  const scopes = running.scopes.filter((scope) => scope !== AUDIT_SCOPE);
  const mint = (request: TokenRequest = {}) => issuer.token({ scopes, ...request });
  const token = await mint(asked);
  const call = caller(https, ca, descriptor.authn ? token : undefined);
  const revokedToken = async () => {
    const jti = randomUUID();
    await running.authn?.revokeToken(issuer.issuer, jti, Date.now() + 3_600_000);
    return mint({ claims: { jti } });
  };
  const forSuite = {
    issuerKey: await issuer.privateJwk(),
    revokedToken,
    environment: await (early ?? trusting(place, descriptor)),
  };
  return { ...running, ...forSuite, stateFolder, ca, close, call, raw: rawCaller(https, ca), token, mint, issuer };
}
