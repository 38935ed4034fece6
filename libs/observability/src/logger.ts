// One structured logger a service. JSON lines where machines read them, readable lines on a terminal. Values are
// serialised as JSON, so a line break in a header cannot forge a second record (ASVS 5.0 V16.4.1).
import { destination, pino, type DestinationStream, type Logger as PinoLogger } from 'pino';

/** A pino logger: `log.info({ key: value }, 'message')`. */
export type Logger = PinoLogger;

/** The levels that GATEHOUSE_LOG_LEVEL takes, quietest last. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** What a logger is made from. */
export interface LoggerOptions {
  service: string;
  level: LogLevel;
  /** Readable lines instead of JSON. */
  pretty?: boolean;
  /** Where the lines go; standard output by default. */
  stream?: DestinationStream;
}

/** Headers and fields that never reach a log, whoever logs them. */
const REDACTED = ['authorization', 'cookie', 'set-cookie', 'x-api-key', 'proxy-authorization', 'password', 'secret'];

/**
 * Makes the logger. Lines are written in the background, together (a write for each would cost more than the line), at the latest
 * after 100 ms; {@link flushLogger} writes what is left.
 */
export async function createLogger(options: LoggerOptions): Promise<Logger> {
  return pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED.flatMap((name) => [`["${name}"]`, `*["${name}"]`]), censor: '[redacted]' },
    },
    options.stream ??
      (options.pretty
        ? await prettyStream()
        : destination({ fd: 1, sync: false, minLength: 4_096, periodicFlush: 100 })),
  );
}

let millisecond = 0;
let text = '';

/** ISO 8601, made once a millisecond: a busy service logs many lines in each. */
function isoTime(): string {
  const now = Date.now();
  if (now !== millisecond) {
    millisecond = now;
    text = `,"time":"${new Date(now).toISOString()}"`;
  }
  return text;
}

async function prettyStream(): Promise<DestinationStream> {
  const { default: pretty } = await import('pino-pretty');
  return pretty({ ignore: 'service,requestId', translateTime: 'HH:MM:ss', singleLine: true, sync: true });
}

/** Writes what the logger still holds: the last thing before the process ends. */
export function flushLogger(logger: Logger): Promise<void> {
  return new Promise((resolve) => logger.flush(() => resolve()));
}
