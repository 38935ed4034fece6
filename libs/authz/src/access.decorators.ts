// The two decisions that a route can have, and what may be added to the first.
import { constrain, decide } from './access.ts';

/** RFC 6749 §3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/;

const targetOf = (target: object, descriptor?: PropertyDescriptor): object =>
  typeof descriptor?.value === 'function' ? (descriptor.value as object) : target;

/**
 * The caller needs every one of these scopes.
 * @throws Error (at the decoration) without a scope, or with one that is none
 * @example `@Get() @Scopes('accounts:read') list() {…}`
 */
export function Scopes(...scopes: readonly string[]): MethodDecorator & ClassDecorator {
  if (scopes.length === 0 || !scopes.every((scope) => SCOPE.test(scope)))
    throw new Error(`@Scopes(${scopes.join(', ')}): name at least one scope, without spaces or quotes`);
  return ((target: object, key?: string | symbol, descriptor?: PropertyDescriptor) =>
    decide(targetOf(target, descriptor), { kind: 'scopes', scopes }, nameOf(target, key))) as never;
}

/**
 * `<name>:read` for GET, `<name>:write` for everything else, on a whole controller.
 * @example `@Controller('v1/orders') @ResourceScopes('orders')`
 */
export function ResourceScopes(name: string): ClassDecorator {
  if (!SCOPE.test(`${name}:write`)) throw new Error(`@ResourceScopes(${name}): a name without spaces or quotes`);
  return (target) => decide(target, { kind: 'resource', name }, target.name);
}

/**
 * Anybody may call, without a credential.
 * @param reason why, for whoever reads `/policy`: at least ten characters
 * @example `@Get('live') @Public('a balancer has no credential')`
 */
export function Public(reason: string): MethodDecorator & ClassDecorator {
  if (reason.trim().length < 10) throw new Error('@Public: say why, in ten characters at least');
  return ((target: object, key?: string | symbol, descriptor?: PropertyDescriptor) =>
    decide(targetOf(target, descriptor), { kind: 'public', reason }, nameOf(target, key))) as never;
}

/** Beside `@Scopes`: only a credential that is bound to its holder (DPoP or client certificate), which a thief cannot use. */
export function SenderConstrained(): MethodDecorator & ClassDecorator {
  return ((target: object, _key?: string | symbol, descriptor?: PropertyDescriptor) =>
    constrain(targetOf(target, descriptor))) as never;
}

const nameOf = (target: object, key?: string | symbol): string =>
  key === undefined ? ((target as { name?: string }).name ?? '?') : `${target.constructor.name}.${String(key)}`;
