// The one call of main.ts: starts the service, prints where it is, and ends it properly on SIGTERM, SIGINT and SIGHUP.
import { setTimeout as delay } from 'node:timers/promises';
import { banner } from './banner.ts';
import { ConfigurationError } from './config/configuration.error.ts';
import type { ServiceDescriptor } from './config/service.options.ts';
import { type AppSource, type RunningService, startService } from './start-service.ts';

/** Exit codes of a service (sysexits.h): 0 stopped, 69 a store that did not answer in time, 70 a fault, 78 wrong configuration, 130 cut short: by a second Ctrl-C, or a signal while it started. */
const EXIT = { stopped: 0, unavailable: 69, fault: 70, configuration: 78, interrupted: 130 } as const;

/** How long a signal waits for a start that is under way, in milliseconds: what is half open is then closed in order. */
const START_GRACE_MS = 5_000;

/**
 * Runs a service as the main program: returns when it answers, ends the process when it is told to, also while it starts.
 * @param app the root module, or what loads it once the settings are accepted: then a start that is refused is refused at once
 * @example await runService(() => import('./app.module.ts'), service);
 */
export async function runService(app: AppSource, service: ServiceDescriptor): Promise<RunningService> {
  const starting = startService(app, service);
  let stopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    // Supervisors signal the whole group, and a parent passes it on: only a second Ctrl-C means "now".
    if (stopping && signal === 'SIGINT') process.exit(EXIT.interrupted);
    if (stopping) return;
    stopping = true;
    const running = await Promise.race([starting.catch(() => undefined), delay(START_GRACE_MS, undefined)]);
    if (!running) process.exit(EXIT.interrupted);
    running.log.info({ signal }, 'stopping');
    await running.close();
    await flushed(running);
    process.exit(EXIT.stopped);
  };
  process.on('SIGTERM', stop).on('SIGINT', stop).on('SIGHUP', stop); // the last when its terminal closes
  const running = await starting.catch((error: unknown) => refuseStart(service.name, error));
  if (stopping) return running;
  process.stdout.on('error', () => undefined); // nobody reads, or the disk is full: no reason to end
  process.stdout.write(banner(running));
  process.on('unhandledRejection', (error) => running.log.error({ err: error }, 'unhandled rejection'));
  process.on('uncaughtException', (error) => {
    running.log.fatal({ err: error }, 'uncaught exception: stopping');
    process.exitCode = EXIT.fault;
    void running.close().finally(() => flushed(running).then(() => process.exit(EXIT.fault)));
  });
  return running;
}

/** Loaded with the rest of the service. */
const flushed = ({ log }: RunningService): Promise<void> =>
  import('./start-on-path.ts').then(({ flushLogger }) => flushLogger(log));

/** What a folder can be that is not to be written to. */
const NOT_WRITABLE: Record<string, string> = {
  EACCES: 'may not be written to by this user',
  EPERM: 'may not be written to by this user',
  EROFS: 'is on a read-only disk',
  ENOSPC: 'is on a disk that is full',
  EDQUOT: 'is on a disk whose quota is used up',
};

/** A fault of the disk as a sentence with its remedy; any other error as it is. */
export function explainDisk(error: unknown): unknown {
  const { code = '', path } = Object(error) as { code?: string; path?: string };
  const why = NOT_WRITABLE[code];
  if (!why || !path) return error;
  return new ConfigurationError(
    `${path} ${why}.\n  Mend that, or set GATEHOUSE_STATE to a folder where the state can be.`,
  );
}

/** Ends the process and says what went wrong, for a person; the stack only where it is a fault of ours. */
export function refuseStart(name: string, cause: unknown): never {
  const error = explainDisk(cause);
  const known = error instanceof ConfigurationError || (error instanceof Error && 'remedy' in error);
  const text = known
    ? (error as Error).message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  const { code, isTransient } = Object(error) as { code?: unknown; isTransient?: boolean };
  process.stderr.write(`\n${name} did not start${known && typeof code === 'string' ? ` (${code})` : ''}: ${text}\n`);
  process.exit(!known ? EXIT.fault : isTransient ? EXIT.unavailable : EXIT.configuration);
}
