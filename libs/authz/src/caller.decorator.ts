// The proven caller as a parameter of a handler.
import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Principal } from '@gatehouse/authn';

/** @example `find(@Caller() caller: Principal, @Param('id', ID) id: string)` */
export const Caller = createParamDecorator((_data: unknown, context: ExecutionContext): Principal => {
  const { principal } = context.switchToHttp().getRequest<{ principal?: Principal | null }>();
  if (principal) return principal;
  throw new Error('@Caller() on a route that is @Public: it has no caller');
});
