// The requirement of a client certificate for a controller or a handler of Nest: @UseGuards(clientCertificateGuard({ allow: [...] })).
import { Injectable, type CanActivate, type ExecutionContext, type Type } from '@nestjs/common';
import { requireClient, type ClientRule } from './require.client.ts';

/**
 * Makes a guard; the request's `clientIdentity` is who passed.
 *
 * @example `@UseGuards(clientCertificateGuard({ allow: ['spiffe://example.org/orders'] }))`
 * @throws Error (at the decoration) when nobody is allowed
 */
export function clientCertificateGuard(rule: ClientRule): Type<CanActivate> {
  if (rule.allow.length === 0) throw new Error('clientCertificateGuard: allow at least one identity');
  @Injectable()
  class ClientCertificateGuard implements CanActivate {
    canActivate(context: ExecutionContext): boolean {
      const request = context
        .switchToHttp()
        .getRequest<{ raw?: { socket: unknown }; socket: unknown; clientIdentity?: unknown }>();
      request.clientIdentity = requireClient(request.raw ?? request, rule);
      return true;
    }
  }
  return ClientCertificateGuard;
}
