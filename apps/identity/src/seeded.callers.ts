// Who exists on a laptop: two people in one tenant, one in another, one who reads everything. Each is a user (authorization code) and a
// client of the same name (client credentials), so that a token for anybody is one command away.

/** A caller that the development identity provider knows. */
export interface SeededCaller {
  readonly name: string;
  readonly tenant: string;
  readonly plan: string;
  readonly role: string;
}

/** Everybody. */
export const seededCallers: readonly SeededCaller[] = [
  { name: 'ada', tenant: 'north', plan: 'standard', role: 'has accounts' },
  { name: 'grace', tenant: 'north', plan: 'gold', role: 'has accounts in the same tenant' },
  { name: 'sven', tenant: 'south', plan: 'standard', role: 'is of another tenant' },
  { name: 'auditor', tenant: 'north', plan: 'standard', role: 'reads all of a tenant, with audit:read' },
];

/** The public client of the authorization code flow: PKCE, no secret. */
export const WEB_CLIENT = 'web';

/** What must not be had for the asking: others get it refused. */
export const RESERVED_SCOPES: Readonly<Record<string, string>> = { 'audit:read': 'auditor', 'authn:revoke': 'auditor' };

/** @returns undefined for nobody */
export const findCaller = (name: string | undefined): SeededCaller | undefined =>
  seededCallers.find((caller) => caller.name === name);
