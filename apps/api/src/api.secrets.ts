// What this service needs to know and nobody else may. No value stands here: where they come from, the environment says.
import { defineSecrets, keyring } from '@gatehouse/secrets/options';

/** Providers take them by `constructor(secrets: Secrets<typeof apiSecrets>)`. */
export const apiSecrets = defineSecrets({
  /** Encrypts holders of accounts, newest first: a rotation adds one, and what former ones encrypted stays readable. */
  holderKeys: keyring(32),
});
