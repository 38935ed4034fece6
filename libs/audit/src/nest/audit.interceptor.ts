// For a Nest application that writes its events itself: what a handler returned is there when its event is made, so that objects which the
// call has made can be named. It does nothing else: interceptors see no 401, 404 or 429. A service of @gatehouse/service needs none: its
// request path sees the same before it is serialised, without the observables, which cost a request more than its event.
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { type Observable, tap } from 'rxjs';

/** What a request carries for its event. */
export interface AuditedRequest {
  auditResult?: unknown;
}

/** @example app.useGlobalInterceptors(new AuditInterceptor()); */
@Injectable()
export class AuditInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<AuditedRequest>();
    return next.handle().pipe(tap((result) => (request.auditResult = result)));
  }
}
