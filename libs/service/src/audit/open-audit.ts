// The journal of a service: opened before anything listens, closed after the last answer.
import { join } from 'node:path';
import {
  type AuditError,
  Journal,
  type JournalOptions,
  KeyedIdentifier,
  type RefusedConnection,
  refusedConnectionEvent,
} from '@gatehouse/audit';
import { ConfigurationError } from '../config/configuration.error.ts';
import type { ServiceSettings } from '../config/settings.ts';
import type { ServiceContext } from '../step.ts';
import type { auditSecrets } from './audit.secrets.ts';

/** What the steps write events with. */
export class ServiceAudit {
  private identifiers: KeyedIdentifier;

  constructor(
    readonly journal: Journal,
    readonly settings: ServiceSettings['audit'],
    private readonly service: string,
    identifierKey: Uint8Array,
  ) {
    this.identifiers = new KeyedIdentifier(identifierKey);
  }

  get ids(): KeyedIdentifier {
    return this.identifiers;
  }

  /** A client address as events have it. */
  address(address: string | undefined): string {
    if (address === undefined) return 'unknown';
    return this.settings.addresses === 'clear' ? address : this.identifiers.of(address);
  }

  /** A handshake that failed, or bytes that never became a request. */
  refusedConnection(connection: Omit<RefusedConnection, 'address'> & { address: string | undefined }): void {
    const owner = { service: this.service, replica: this.journal.writer };
    const refused = { ...connection, address: this.address(connection.address) };
    this.journal.append((sequence, time) => refusedConnectionEvent(owner, refused, sequence, time), 'queued');
  }

  useIdentifierKey(key: Uint8Array): void {
    this.identifiers = new KeyedIdentifier(key);
  }
}

/** What is told when the journal fails and when it works again. */
export type TellAudit = (event: { level: 'warn' | 'error'; message: string; code?: string; err?: unknown }) => void;

/** @throws AuditError when the journal cannot be written, ConfigurationError where production has no folder for it */
export async function openAudit(
  { settings, secrets }: Pick<ServiceContext, 'settings' | 'secrets'>,
  onEvent: TellAudit,
  receivers: Pick<JournalOptions, 'onCheckpoint' | 'wantedFrom'> = {},
): Promise<ServiceAudit> {
  const own = secrets.as<typeof auditSecrets>();
  const journal = await Journal.open({
    ...settings.audit,
    folder: folderOf(settings),
    service: settings.name,
    signingKey: own.get('gatehouseAuditSigningKey').reveal(),
    ...receivers,
    onState: (failure) => onEvent(stateEvent(failure)),
    onProblem: (err, what) => onEvent({ level: 'warn', message: `audit: ${what} failed`, err }),
  });
  const identifierKey = own.get('gatehouseAuditIdentifierKey').reveal();
  const audit = new ServiceAudit(journal, settings.audit, settings.name, identifierKey);
  own.onRotate('gatehouseAuditSigningKey', ({ current }) => journal.useSigningKey(current.reveal()));
  own.onRotate('gatehouseAuditIdentifierKey', ({ current }) => audit.useIdentifierKey(current.reveal()));
  return audit;
}

function folderOf({ audit, production, stateFolder, name }: ServiceSettings): string {
  if (audit.folder !== undefined) return audit.folder;
  if (!production) return join(stateFolder, name, 'audit');
  throw new ConfigurationError(
    'production needs a folder for the audit journal that outlives the process.\n  Set GATEHOUSE_AUDIT_FOLDER, or audit.folder.',
  );
}

function stateEvent(failure: AuditError | undefined): Parameters<TellAudit>[0] {
  if (!failure) return { level: 'warn', message: 'the audit journal is written again' };
  const message = 'the audit journal cannot be written: mutations are refused';
  return { level: 'error', message, code: failure.code, err: failure };
}
