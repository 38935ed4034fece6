// What a route says about its event: the name of the operation, the objects that it is about, and the values that may be in it. By
// allow-list: what is not named here does not get into the journal (ASVS 5.0 V16.2.5).
import { createParamDecorator, type ExecutionContext, SetMetadata } from '@nestjs/common';

/** Metadata key under which the {@link AuditDeclaration} of a route stands. */
export const AUDIT_DECLARATION = 'gatehouse:audit';
/** Metadata key under which the {@link AuditFieldNames} of a route stand. */
export const AUDIT_FIELDS = 'gatehouse:audit-fields';

/** What a declaration may look at. `result` is what the handler returned: absent before it ran, and when it threw. */
export interface AuditedExchange {
  readonly params: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
}

/** Ids of one kind of object; what is no string or number is left out. */
export type ObjectIds = Readonly<Record<string, unknown>>;

export interface AuditDeclaration {
  readonly operation: string;
  /**
   * By type; several of a type as an array. By default the thing of the operation: its id in the path, else in the result.
   */
  readonly object?: (exchange: AuditedExchange) => ObjectIds;
}

/** Names of fields of the body that go into the event. */
export interface AuditFieldNames {
  /** As they are: never what tells who somebody is. */
  readonly clear?: readonly string[];
  /** As keyed HMACs: matched from event to event, and not read. */
  readonly keyed?: readonly string[];
}

/**
 * Names what a route does in its event. A route that changes something and has none stops the start.
 *
 * @param operation `thing.verb`
 * @example @Patch(':id') @Audit('account.change')
 * @example @Post() @Audit('transfer.create', { object: ({ body, result }) => ({ account: [body.from, body.to], transfer: result?.id }) })
 */
export function Audit(operation: string, options: Omit<AuditDeclaration, 'operation'> = {}): MethodDecorator {
  if (!/^[a-z][a-z0-9-]*\.[a-z][a-z0-9-]*$/.test(operation))
    throw new Error(`@Audit('${operation}'): name it thing.verb, such as 'transfer.create'`);
  const thing = operation.slice(0, operation.indexOf('.'));
  const object = ({ params, result }: AuditedExchange) => ({ [thing]: params.id ?? result?.id });
  const declaration: AuditDeclaration = { operation, object, ...options };
  return SetMetadata(AUDIT_DECLARATION, declaration);
}

/** Lets fields of the body into the event. @example @AuditFields({ clear: ['amount', 'currency'], keyed: ['holder'] }) */
export const AuditFields = (names: AuditFieldNames): MethodDecorator => SetMetadata(AUDIT_FIELDS, names);

/**
 * The id of the request's event, to be stored with what the request changes, in the same transaction.
 * @example create(@Body(BODY) body: NewTransfer, @AuditReference() event: string)
 */
export const AuditReference = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => context.switchToHttp().getRequest<{ id: string }>().id,
);
