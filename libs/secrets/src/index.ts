export { defineSecrets } from './define-secrets.ts';
export { openSecrets } from './open-secrets.ts';
export type { SecretsContext } from './choose.store.ts';
export { Secrets, type SecretStatus } from './secrets.ts';
export { SecretsModule } from './secrets.module.ts';
export { Secret } from './secret.ts';
export { bytes, databaseCredentials, json, keyring, text, url, type DatabaseCredentials } from './secret.kinds.ts';
export type {
  Rotation,
  RotationHook,
  SecretDeclaration,
  SecretDeclarations,
  SecretOptions,
} from './secret.declaration.ts';
export { secretOptionsSchema } from './secret.declaration.ts';
export { secretsOptionsSchema, type SecretsOptions } from './secrets.options.ts';
export { refuseEnvironment, secretsEnvironment, vaultFromEnvironment } from './secrets.environment.ts';
export { SecretsError, type SecretsErrorCode } from './secrets.error.ts';
export type { SecretsEvent, SecretsEventLevel, SecretsEventType } from './secrets.event.ts';
export { Laptop, openLaptop, type LaptopContext, type LaptopRow } from './laptop/laptop.vault.ts';
export { exportLaptop } from './laptop/laptop.export.ts';
export type { LaptopContent, LaptopEntry } from './laptop/sealed.file.ts';
export {
  createVaultClient,
  VaultClient,
  type LeasedCredentials,
  type VaultClientContext,
} from './vault/vault.client.ts';
export { VaultError } from './vault/vault.error.ts';
export { vaultClientOptionsSchema, type VaultClientOptions } from './vault/vault.options.ts';
export type { KvEngine, KvEntry } from './vault/kv.engine.ts';
export type { PkiCertificate, PkiEngine, PkiRequest } from './vault/pki.engine.ts';
export type { TransitDataKey, TransitEngine } from './vault/transit.engine.ts';
export {
  createFieldCipher,
  type FieldCipher,
  type FieldCipherOptions,
  type FieldPlace,
} from './fields/field.cipher.ts';
export { keyringWrapper, transitWrapper, type DataKeyWrapper } from './fields/data-key.wrapper.ts';
