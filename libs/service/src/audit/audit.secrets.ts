// What the journal of a service needs to know and nobody else may.
import { bytes, defineSecrets } from '@gatehouse/secrets';

/** The key that signs checkpoints (Ed25519), and the one under which identifiers of persons stand (HMAC). */
export const auditSecrets = defineSecrets({
  gatehouseAuditSigningKey: bytes(32),
  gatehouseAuditIdentifierKey: bytes(32),
});
