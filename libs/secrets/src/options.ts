// What a descriptor and the environment may say, and nothing that does the work: a start that is refused loads no more than this.
export { defineSecrets } from './define-secrets.ts';
export { bytes, databaseCredentials, json, keyring, text, url, type DatabaseCredentials } from './secret.kinds.ts';
export type { SecretDeclaration, SecretDeclarations, SecretOptions } from './secret.declaration.ts';
export { refuseEnvironment, secretsEnvironment } from './secrets.environment.ts';
export { SecretsError, type SecretsErrorCode } from './secrets.error.ts';
export { checkSecretStore } from './store.choice.ts';
export { secretsOptionsSchema, type SecretsOptions } from './secrets.options.ts';
