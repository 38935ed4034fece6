// The exception filter for applications that use this lib without @gatehouse/service, on Express or Fastify.
import { Catch, type ArgumentsHost, type ExceptionFilter, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { problemType } from './problem.catalogue.ts';
import { problemBody, PROBLEM_MEDIA_TYPE, toProblemError } from './problem.ts';

/**
 * Answers every exception as application/problem+json and logs the cause of a 5xx.
 * @example app.useGlobalFilters(new ProblemFilter(app.get(HttpAdapterHost)));
 */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('ProblemFilter');

  constructor(private readonly host: HttpAdapterHost) {}

  catch(error: unknown, context: ArgumentsHost): void {
    const http = context.switchToHttp();
    const request = http.getRequest<{ id?: unknown }>();
    const response = http.getResponse<unknown>();
    const problem = toProblemError(error);
    const requestId = typeof request.id === 'string' ? request.id : undefined;
    if (problemType(problem.code).logLevel === 'error') this.logger.error({ requestId, error });
    const { httpAdapter } = this.host;
    for (const [name, value] of Object.entries(problem.headers ?? {})) httpAdapter.setHeader(response, name, value);
    httpAdapter.setHeader(response, 'content-type', PROBLEM_MEDIA_TYPE);
    const body = problemBody(problem.code, { detail: problem.detail, errors: problem.errors, requestId });
    httpAdapter.reply(response, JSON.stringify(body), body.status);
  }
}
