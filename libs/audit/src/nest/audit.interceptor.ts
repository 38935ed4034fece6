// Enriches the event of a request with what its handler returned, and does nothing else: interceptors see no 401, 404 or 429, so the event
// itself is written at the HTTP adapter, with or without this.
import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import { type Observable, tap } from 'rxjs';

/** What a request carries for its event. */
export interface AuditedRequest {
  auditResult?: unknown;
}

@Injectable()
export class AuditInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = context.switchToHttp().getRequest<AuditedRequest>();
    return next.handle().pipe(tap((result) => (request.auditResult = result)));
  }
}
