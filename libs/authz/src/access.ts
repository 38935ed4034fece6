// Who may call a route: decided by a decorator on the handler or its controller, read once at the start. There is no default: a route on
// which nobody decided stops the start (OWASP API5:2023, ASVS 5.0 V8.2.1).
import 'reflect-metadata';

/** What a route asks of its caller. */
export type Access =
  | { readonly kind: 'public'; readonly reason: string }
  | { readonly kind: 'scopes'; readonly scopes: readonly string[]; readonly senderConstrained?: boolean };

/** A resource whose reads and writes have a scope each. */
interface Resource {
  readonly kind: 'resource';
  readonly name: string;
}

/** Nest's metadata of a handler, and its numbers for the methods that read: GET and HEAD. */
const NEST_METHOD = 'method';
const READS: readonly unknown[] = [0, 6];

/** Metadata keys of the decorators. */
const ACCESS = 'gatehouse:access';
const SENDER_CONSTRAINED = 'gatehouse:sender-constrained';

type Target = object;

/** Remembers a decision. @throws Error when there is another one at the same place */
export function decide(target: Target, access: Access | Resource, name: string): void {
  if (Reflect.hasOwnMetadata(ACCESS, target)) throw new Error(`${name}: @Scopes or @Public, once`);
  Reflect.defineMetadata(ACCESS, access, target);
}

/** Remembers that a stolen token must be of no use here. */
export const constrain = (target: Target): void => Reflect.defineMetadata(SENDER_CONSTRAINED, true, target);

/** The decision on a handler, else that on its controller; undefined where nobody decided. */
export function accessOf(controller: Target, handler: Target): Access | undefined {
  const decided = (Reflect.getOwnMetadata(ACCESS, handler) ?? Reflect.getMetadata(ACCESS, controller)) as
    Access | Resource | undefined;
  const access = decided?.kind === 'resource' ? ofResource(decided, handler) : decided;
  const constrained = [handler, controller].some((target) => Reflect.getMetadata(SENDER_CONSTRAINED, target) === true);
  return access?.kind === 'scopes' && constrained ? { ...access, senderConstrained: true } : access;
}

function ofResource({ name }: Resource, handler: Target): Access {
  const reads = READS.includes(Reflect.getMetadata(NEST_METHOD, handler));
  return { kind: 'scopes', scopes: [`${name}:${reads ? 'read' : 'write'}`] };
}
