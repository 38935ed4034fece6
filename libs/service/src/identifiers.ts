// Who somebody is, as logs and alerts have it: as keyed HMACs they can be matched, with each other and with the audit events, and not
// read (GDPR Art. 4(5); ASVS 5.0 V16.2.5).
import { randomBytes } from 'node:crypto';
import { KeyedIdentifier } from '@gatehouse/audit';
import type { Secrets } from '@gatehouse/secrets';
import type { auditSecrets } from './audit/audit.secrets.ts';
import type { ServiceSettings } from './config/settings.ts';

/** See the head of the file. */
export class Identifiers {
  private keyed: KeyedIdentifier;

  constructor(
    private readonly form: ServiceSettings['identifiers'],
    key: Uint8Array,
  ) {
    this.keyed = new KeyedIdentifier(key);
  }

  get clear(): boolean {
    return this.form === 'clear';
  }

  /** What stands for an address, an account or a principal (`issuer|id`). */
  of(identifier: string): string {
    return this.clear ? identifier : this.keyed.of(identifier);
  }

  useKey(key: Uint8Array): void {
    this.keyed = new KeyedIdentifier(key);
  }
}

/** By the key of the audit events; without a journal by one that is gone with the process. */
export function openIdentifiers({ identifiers, audit }: ServiceSettings, secrets: Secrets): Identifiers {
  if (!audit.enabled) return new Identifiers(identifiers, randomBytes(32));
  const own = secrets.as<typeof auditSecrets>();
  const opened = new Identifiers(identifiers, own.get('gatehouseAuditIdentifierKey').reveal());
  own.onRotate('gatehouseAuditIdentifierKey', ({ current }) => opened.useKey(current.reveal()));
  return opened;
}
