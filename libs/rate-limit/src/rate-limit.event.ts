// What happened to the limits, for the log and an alarm. Holds no address and no account.

const LEVELS = {
  'store-lost': 'error',
  'store-recovered': 'info',
  'keys-evicted': 'warn',
} as const;

/** Every kind of event; `store-lost` is the one that somebody should be told of. */
export type RateLimitEventType = keyof typeof LEVELS;

/** One event. */
export interface RateLimitEvent {
  readonly type: RateLimitEventType;
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  /** ISO 8601. */
  readonly at: string;
}

/** Reports an event; level and time are added. */
export type EmitRateLimitEvent = (type: RateLimitEventType, message: string) => void;

/** A listener that throws must not let a request through, or refuse one. */
export function emitter(listener: ((event: RateLimitEvent) => void) | undefined): EmitRateLimitEvent {
  return (type, message) => {
    try {
      listener?.({ type, level: LEVELS[type], message, at: new Date().toISOString() });
    } catch {
      // the log is not our concern here
    }
  };
}
