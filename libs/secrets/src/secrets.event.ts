// What happened to secrets, for the log, the audit and an alarm. Holds names and versions, never a value.

/** `error` is for somebody to look at now; `debug` is the ordinary course. */
export type SecretsEventLevel = 'debug' | 'info' | 'warn' | 'error';

const LEVELS = {
  'store-opened': 'info',
  'store-waiting': 'warn',
  'store-lost': 'error',
  'store-recovered': 'info',
  'secret-rotated': 'info',
  'secret-missing': 'error',
  'secret-malformed': 'error',
  'secret-stale': 'error',
  'rotation-hook-failed': 'error',
  'lease-renewed': 'debug',
  'lease-not-renewed': 'warn',
  'lease-not-revoked': 'warn',
  'token-renewed': 'debug',
  'token-replaced': 'info',
  'token-lost': 'error',
  'wrapping-token-used': 'error',
  'wrapping-token-foreign': 'error',
  'laptop-store-made': 'info',
  'laptop-store-rolled-back': 'error',
} as const satisfies Record<string, SecretsEventLevel>;

/** Every kind of event. */
export type SecretsEventType = keyof typeof LEVELS;

/** One event. */
export interface SecretsEvent {
  readonly type: SecretsEventType;
  readonly level: SecretsEventLevel;
  /** What happened and, where something is to be done, what. */
  readonly message: string;
  /** ISO 8601. */
  readonly at: string;
  /** The name it was declared by. */
  readonly secret?: string;
}

/** Reports an event; level and time are added. */
export type EmitSecretsEvent = (type: SecretsEventType, message: string, secret?: string) => void;

/** A listener that throws must not stop a renewal. */
export function emitter(listener: ((event: SecretsEvent) => void) | undefined): EmitSecretsEvent {
  return (type, message, secret) => {
    const at = new Date().toISOString();
    try {
      listener?.({ type, level: LEVELS[type], message, at, ...(secret === undefined ? {} : { secret }) });
    } catch {
      // The log is not our concern here.
    }
  };
}
