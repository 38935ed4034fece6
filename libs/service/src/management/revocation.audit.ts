// Who took back what, and when: the one way to shut somebody out of every replica is written down like any mutation (ASVS 5.0 V16.3). Its
// intent is on the disk before it happens and its outcome before the operator hears of it; where that cannot be, nothing is revoked.
import { type AuditedCall, type AuditedOutcome, RequestEvents } from '@gatehouse/audit';
import type { Principal } from '@gatehouse/authn';
import { ProblemError, problemType, toProblemError } from '@gatehouse/problem-details';
import type { FastifyRequest } from 'fastify';
import type { ServiceAudit } from '../audit/open-audit.ts';
import { userOf } from '../audit/request.audit.ts';
import type { ServiceContext } from '../step.ts';

/** As `gatehouse audit query --operation` finds them. */
export const REVOKE_OPERATION = 'credential.revoke';

/** What is taken back. */
export interface RevocationOrder {
  readonly kind: 'token' | 'subject' | 'key' | 'keys';
  readonly issuer: string;
  /** Empty for `keys`. */
  readonly value: string;
}

/** Who asks, where from, and for what; the parts become known one by one. */
export interface RevocationAttempt {
  caller?: Principal;
  order?: RevocationOrder;
}

/** Writes down one request. Without a journal it is carried out alone. */
export class RevocationAudit {
  private readonly events?: RequestEvents;
  private readonly audit?: ServiceAudit;

  constructor(private readonly context: Pick<ServiceContext, 'audit' | 'settings' | 'tls'>) {
    const { audit, settings } = context;
    if (!audit) return;
    this.audit = audit;
    const route = { service: settings.name, replica: audit.journal.writer, method: 'POST', path: '/revocations' };
    this.events = new RequestEvents({ ...route, operation: REVOKE_OPERATION });
  }

  /** @throws ProblemError 503 when it cannot be written down: nothing may happen then */
  async intent(request: FastifyRequest, attempt: RevocationAttempt): Promise<void> {
    const { audit, events } = this;
    if (!audit || !events) return;
    const { unavailable, full } = audit.journal;
    if (unavailable ?? full) throw refusal(unavailable);
    const call = this.callOf(audit, request, attempt);
    await appended(audit, (sequence, time) => events.intent(call, sequence, time), 'durable');
  }

  /** @throws ProblemError 503 when what was carried out cannot be written down: the operator has to look, and ask again */
  async outcome(
    request: FastifyRequest,
    attempt: RevocationAttempt,
    durationMs: number,
    error?: unknown,
  ): Promise<void> {
    const { audit, events } = this;
    if (!audit || !events) return;
    const call = this.callOf(audit, request, attempt);
    const code = error === undefined ? undefined : toProblemError(error).code;
    const status = code === undefined ? 204 : problemType(code).status;
    const outcome: AuditedOutcome = { status, reason: code ?? 'ok', durationMs };
    await appended(
      audit,
      (sequence, time) => events.outcome(call, outcome, sequence, time),
      error === undefined ? 'durable' : 'written',
    );
  }

  private callOf(audit: ServiceAudit, request: FastifyRequest, { caller, order }: RevocationAttempt): AuditedCall {
    const socket = request.raw.socket;
    return {
      requestId: request.id,
      address: audit.address(socket.remoteAddress),
      ...(caller && { user: userOf(audit, caller) }),
      ...(order && { objects: [{ type: order.kind, uid: shownValue(audit, order) }] }),
      fields: {
        through: this.context.tls.clientIdentity(socket)?.id ?? 'local-management',
        ...(order && { issuer: order.issuer }),
      },
    };
  }
}

/** A subject is a person, and stands as it does where it calls; a jti and a kid are nobody's. */
function shownValue(audit: ServiceAudit, { kind, issuer, value }: RevocationOrder): string {
  if (kind === 'subject') return audit.ids.of(`${issuer}|${value}`);
  return kind === 'keys' ? 'all' : value;
}

function appended(
  { journal }: ServiceAudit,
  write: (sequence: number, time: number) => string,
  until: 'durable' | 'written',
): Promise<void> {
  return new Promise((resolve, reject) => {
    journal.append(write, until, (error) => (error ? reject(refusal(error)) : resolve()));
  });
}

const refusal = (cause: unknown) =>
  new ProblemError('dependency-unavailable', { cause, headers: { 'retry-after': '5' } });
