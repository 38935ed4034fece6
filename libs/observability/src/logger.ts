// One structured logger a service. JSON lines where machines read them, readable lines on a terminal. What may stand in them is
// log.sanitizer.ts's to say, whoever logs it.
import { type Bindings, destination, pino, type DestinationStream, type LogFn, type Logger as PinoLogger } from 'pino';
import type { LogLevel } from './log.level.ts';
import { sanitized, sanitizedText } from './log.sanitizer.ts';

/** A pino logger: `log.info({ key: value }, 'message')`. */
export type Logger = PinoLogger;

/** What a logger is made from. */
export interface LoggerOptions {
  service: string;
  level: LogLevel;
  /** Readable lines instead of JSON. */
  pretty?: boolean;
  /** Where the lines go; standard output by default. */
  stream?: DestinationStream;
}

/**
 * Makes the logger. Lines are written in the background, together (a write for each would cost more than the line), at the latest
 * after 100 ms; {@link flushLogger} writes what is left.
 */
export async function createLogger(options: LoggerOptions): Promise<Logger> {
  const log = pino(
    {
      level: options.level,
      base: { service: options.service },
      timestamp: isoTime,
      formatters: { level: (label) => ({ level: label }), log: sanitized },
      serializers: { err: (error: unknown) => error }, // sanitized already
      hooks: { logMethod: writeSanitized },
    },
    options.stream ?? (options.pretty ? await prettyStream() : standardOutput()),
  );
  // pino has no formatter for what a child is made with; children inherit this
  const { child } = log;
  log.child = function (this: Logger, bindings: Bindings, options) {
    return child.call(this, sanitized(bindings), options);
  } as typeof child;
  return log;
}

/** A message shorter than this is one of ours, and holds nothing. */
const SHORT = 8;

function writeSanitized(this: Logger, args: Parameters<LogFn>, method: LogFn): void {
  const [first, message, ...rest] = args as unknown[];
  if (first instanceof Error) {
    const text = typeof message === 'string' ? message : first.message;
    method.call(this, { err: first }, sanitizedText(text));
  } else if (typeof first === 'string') {
    method.apply(this, [sanitizedText(first), ...[message, ...rest].map(ofArgument)] as never);
  } else if (typeof message === 'string' && message.length >= SHORT) {
    method.apply(this, [first, sanitizedText(message), ...rest.map(ofArgument)] as never);
  } else method.apply(this, args);
}

/** What stands in for %s. */
const ofArgument = (value: unknown) => (typeof value === 'string' ? sanitizedText(value) : value);

/**
 * A logger for lines whose fields are ours alone and known to hold no text of a caller: to look through each would cost a tenth of a
 * request.
 */
export function trustedLines(log: Logger): Logger {
  return log.child({}, { formatters: { log: (fields) => fields } });
}

/** Lines that nobody takes are kept up to this many bytes, then dropped: a full disk or a stalled reader costs lines, not the service. */
const MAX_WAITING_BYTES = 4_194_304;

/** Whether the last write failed, or never ended. */
let stuck = false;

const streams = new Set<ReturnType<typeof destination>>();

/** Left to themselves, they try for ever, at the end of the process, what could not be written. */
function giveUpStuck(): void {
  if (stuck) for (const stream of streams) stream.destroy();
}

function standardOutput(): DestinationStream {
  const stream = destination({
    fd: 1,
    sync: false,
    minLength: 4_096,
    periodicFlush: 100,
    maxLength: MAX_WAITING_BYTES,
  });
  stream.on('error', () => (stuck = true)).on('write', () => (stuck = false));
  if (streams.size === 0) process.prependListener('exit', giveUpStuck);
  streams.add(stream);
  return stream;
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

/** How long the last lines may take, in milliseconds: nobody may be reading them. */
const FLUSH_MS = 2_000;

/** Writes what the logger still holds: the last thing before the process ends. */
export function flushLogger(logger: Logger): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(void (stuck = true)), FLUSH_MS);
    logger.flush(() => {
      clearTimeout(late);
      resolve();
    });
  });
}
