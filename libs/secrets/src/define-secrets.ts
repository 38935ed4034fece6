// The `secrets` of a service's descriptor: names and types, no value.
import type { SecretDeclarations } from './secret.declaration.ts';
import { SecretsError } from './secrets.error.ts';

/** camelCase. */
export const SECRET_NAME = /^[a-z][A-Za-z0-9]{0,63}$/;

/**
 * Declares the secrets of a service.
 *
 * @throws SecretsError for a name that is not camelCase, or something that no kind made
 * @example defineSecrets({ tokenKey: bytes(32), webhook: url({ optional: true }), database: databaseCredentials({ role: 'api' }) })
 */
export function defineSecrets<const D extends SecretDeclarations>(declarations: D): D {
  for (const [name, declaration] of Object.entries(declarations)) {
    if (SECRET_NAME.test(name) && typeof declaration?.parse === 'function' && typeof declaration.kind === 'string')
      continue;
    throw new SecretsError(
      'declaration-invalid',
      `secrets.${name} is no declaration`,
      'Name it in camelCase and make it with bytes(), text(), url(), json(), keyring() or databaseCredentials().',
    );
  }
  return Object.freeze({ ...declarations });
}
