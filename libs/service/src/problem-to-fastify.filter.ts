// Hands every exception of a handler to Fastify's error handler, so that there is one place where errors are answered.
import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

/** The global filter of a service. */
@Catch()
export class ProblemToFastifyFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    void reply.send(
      error instanceof Error ? error : new Error('a handler threw something that is no Error', { cause: error }),
    );
  }
}
