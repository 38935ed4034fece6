// What the journal of a service needs to know and nobody else may.
import type { AuditSettings } from '@gatehouse/audit/options';
import { bytes, databaseCredentials, defineSecrets, text, type SecretDeclarations } from '@gatehouse/secrets/options';

/** The key that signs checkpoints (Ed25519), and the one under which identifiers of persons stand (HMAC). */
export const auditSecrets = defineSecrets({
  gatehouseAuditSigningKey: bytes(32),
  gatehouseAuditIdentifierKey: bytes(32),
});

/** What signs what goes to webhook and receiver of checkpoints. */
export const shippingKey = defineSecrets({ gatehouseAuditShippingKey: bytes(32) });

/** Who may insert into the table of events: nobody who owns it. */
export const shippingDatabase = defineSecrets({
  gatehouseAuditDatabase: databaseCredentials({ role: 'audit', path: 'audit-database' }),
});

/** What the collector of events asks for. */
export const shippingToken = defineSecrets({ gatehouseAuditOtlpToken: text() });

/** What the receivers of a service ask for. */
export function shippingSecrets({ enabled, shipping }: AuditSettings): SecretDeclarations {
  if (!enabled) return {};
  return {
    ...(shipping.webhookUrl || shipping.checkpointUrl ? shippingKey : {}),
    ...(shipping.otlpUrl && shipping.otlpBearer ? shippingToken : {}),
    ...(shipping.databaseUrl ? shippingDatabase : {}),
  };
}
