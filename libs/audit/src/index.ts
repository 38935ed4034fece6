export { AuditError, type AuditErrorCode } from './audit.error.ts';
export { auditOptionsSchema, type AuditOptions, type AuditSettings } from './audit.options.ts';
export {
  auditEventSchema,
  callerEventSchema,
  EVENT_SCHEMA_VERSION,
  OCSF_VERSION,
  type AuditEvent,
} from './event/audit.event.ts';
export { canonicalJson } from './event/canonical.json.ts';
export { KeyedIdentifier } from './event/keyed.identifier.ts';
export {
  RequestEvents,
  type AuditedCall,
  type AuditedFields,
  type AuditedObject,
  type AuditedOutcome,
  type AuditedRoute,
} from './event/request.event.ts';
export { refusedConnectionEvent, type RefusedConnection } from './event/system.event.ts';
export { Journal } from './journal/journal.ts';
export type { JournalOptions, MakeEvent } from './journal/journal.options.ts';
export type { Committed, Durability } from './journal/commit.batch.ts';
export { openCheckpoint, type Checkpoint } from './checkpoint/checkpoint.ts';
export { noteSigner, noteVerifier, type NoteSigner, type NoteVerifier } from './checkpoint/signed.note.ts';
export { verifyJournal } from './verify/journal.verifier.ts';
export type { Finding, Verification, VerifyOptions } from './verify/verification.ts';
export type { Tampering } from './verify/tampering.diagnosis.ts';
export { readEventPage, type PageRange } from './read/event.page.ts';
export { checkProof, proveEvent, type EventProof } from './read/event.proof.ts';
export { matches, queryEvents, type EventFilter } from './read/event.query.ts';
export { firstRecordSince, isCheckpoint, readRecords, type StoredRecord } from './read/record.reader.ts';
export {
  Audit,
  AUDIT_DECLARATION,
  AUDIT_FIELDS,
  AuditFields,
  AuditReference,
  type AuditDeclaration,
  type AuditedExchange,
  type AuditFieldNames,
  type ObjectIds,
} from './nest/audit.decorator.ts';
export { AuditInterceptor, type AuditedRequest } from './nest/audit.interceptor.ts';
export { declaredFields, declaredObjects, exchangeOf } from './nest/declared.details.ts';
export { Shipper, type AuditSink, type ShipperOptions, type ShipperStatus } from './ship/shipper.ts';
export {
  CheckpointExport,
  checkpointPut,
  type CheckpointExportOptions,
  type CheckpointPutOptions,
  type CheckpointSink,
  type SignedCheckpoint,
} from './ship/checkpoint.export.ts';
export { otlpSink, type OtlpOptions } from './ship/otlp.sink.ts';
export type { Send } from './ship/send.ts';
export { type ShippedRecord } from './ship/record.tail.ts';
export { signatureHeaders, webhookSink, type WebhookOptions } from './ship/webhook.sink.ts';
export { auditTable, postgresCheckpoints, postgresSink, type Queryable } from './ship/postgres.sink.ts';
