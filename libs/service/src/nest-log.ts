// Nest's own messages, through the service's logger: warnings and errors only; its start-up chatter is noise.
import type { LoggerService } from '@nestjs/common';
import type { Logger } from '@gatehouse/observability';

/** The logger that Nest is given. */
export class NestLog implements LoggerService {
  constructor(private readonly logger: Logger) {}

  log(message: unknown): void {
    this.logger.debug({ from: 'nest' }, String(message));
  }
  warn(message: unknown): void {
    this.logger.warn({ from: 'nest' }, String(message));
  }
  error(message: unknown): void {
    this.logger.error({ from: 'nest' }, String(message));
  }
}
