// Makes an authenticator from its options: issuers with their keys, revocations of all replicas, API keys.
import type { Kysely } from 'kysely';
import { ApiKeys } from './api-key/api-keys.ts';
import type { HashKeys } from './api-key/api-key.hash.ts';
import { PostgresApiKeys } from './api-key/postgres.api-keys.ts';
import { Authenticator } from './authenticator.ts';
import { AuthnConfigError } from './authn.error.ts';
import type { EmitAuthnEvent } from './authn.event.ts';
import { authnOptionsSchema, type AuthnInput, type AuthnOptions } from './authn.options.ts';
import { IssuerKeys } from './jwt/issuer.keys.ts';
import { keySetSource } from './jwt/key-set.source.ts';
import type { TrustedIssuer } from './jwt/token.verifier.ts';
import { type AuthnTables, ensureAuthnTables } from './postgres.tables.ts';
import { PostgresRevocations } from './revocation/postgres.revocations.ts';
import { RevocationFeed, type RevocationStore } from './revocation/revocation.feed.ts';
import { Revocations } from './revocation/revocations.ts';
import { SharedRevocations } from './revocation/shared.revocations.ts';
import type { SharedMemory } from './shared.memory.ts';

/** What surrounds it. */
export interface AuthnContext {
  /** Where API keys and revocations are kept (its tables are made). Without one revocations are shared through `shared`. */
  readonly database?: Kysely<unknown>;
  /** The keyring of API key hashes; needed with `apiKeys`. */
  readonly apiKeyHashKeys?: HashKeys;
  /** What the replicas remember together: DPoP proofs, and without a database revocations too. Without one each knows what it saw itself. */
  readonly shared?: SharedMemory;
  readonly onEvent?: EmitAuthnEvent;
}

/**
 * @throws AuthnConfigError naming each option that is wrong
 * @example
 * const authenticator = await createAuthenticator({ issuers: [{ issuer, audience: 'orders', jwksUri }] }, { database });
 * const principal = await authenticator.authenticate(request);
 */
export async function createAuthenticator(input: AuthnInput = {}, context: AuthnContext = {}): Promise<Authenticator> {
  const options = parseAuthnOptions(input);
  const { onEvent = () => undefined } = context;
  const issuers = new Map(options.issuers.map((issuer) => [issuer.issuer, trusted(issuer, onEvent)]));
  const revocations = new Revocations(({ kind, issuer, value, until }) => {
    if (kind === 'issuer-keys') void issuers.get(issuer)?.keys.refetch();
    if (kind === 'issuer-key') issuers.get(issuer)?.keys.revoke(value, until);
  });
  const db = context.database as Kysely<AuthnTables> | undefined;
  const feed = openFeed(context, revocations, options, onEvent);
  const apiKeys = options.apiKeys && makeApiKeys(options.apiKeys, context, revocations, feed);
  if (db) await ensureAuthnTables(db);
  await feed?.start();
  // Not waited for: the first token waits for the keys, the start of a service does not wait for another service.
  for (const { keys } of issuers.values()) void keys.start();
  return new Authenticator({ options, issuers, revocations, feed, apiKeys, shared: context.shared });
}

function openFeed(
  { database, shared }: AuthnContext,
  revocations: Revocations,
  { revocation }: AuthnOptions,
  onEvent: EmitAuthnEvent,
): RevocationFeed | undefined {
  const feed = (store: RevocationStore) => new RevocationFeed(store, revocations, revocation, onEvent);
  if (database) return feed(new PostgresRevocations(database as Kysely<AuthnTables>));
  return shared && feed(new SharedRevocations(shared, () => revocations.all()));
}

/** @throws AuthnConfigError */
export function parseAuthnOptions(input: AuthnInput): AuthnOptions {
  const parsed = authnOptionsSchema.safeParse(input);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(({ path, message }) => `  ${path.join('.') || '(top level)'}: ${message}`);
  throw new AuthnConfigError(
    `the options of authn are not valid:\n${lines.join('\n')}`,
    'See docs/identity-providers.md.',
  );
}

function trusted(options: AuthnOptions['issuers'][number], onEvent: EmitAuthnEvent): TrustedIssuer {
  return { options, keys: new IssuerKeys(options, keySetSource(options), onEvent) };
}

function makeApiKeys(
  settings: NonNullable<AuthnOptions['apiKeys']>,
  { database, apiKeyHashKeys }: AuthnContext,
  revocations: Revocations,
  feed: RevocationFeed | undefined,
): ApiKeys {
  if (!database || !feed) throw new AuthnConfigError('apiKeys need a database', 'Declare one, or leave apiKeys out.');
  if (!apiKeyHashKeys)
    throw new AuthnConfigError(
      'apiKeys need the keyring of their hashes',
      'Declare a secret apiKeyHashes: keyring(32).',
    );
  const store = new PostgresApiKeys(database as Kysely<AuthnTables>);
  return new ApiKeys(store, apiKeyHashKeys, settings, revocations, feed);
}
