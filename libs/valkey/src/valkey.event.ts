// What happened to the connection, for the log. What it means is told by whoever relied on it.

/** One event. */
export interface ValkeyEvent {
  readonly type: 'valkey-lost' | 'valkey-recovered';
  readonly level: 'info' | 'warn';
  readonly message: string;
  /** ISO 8601. */
  readonly at: string;
}

/** @param reason why it was lost; undefined when it is back */
export function valkeyEvent(reason: string | undefined): ValkeyEvent {
  const at = new Date().toISOString();
  if (reason === undefined) return { type: 'valkey-recovered', level: 'info', message: 'Valkey is back.', at };
  return { type: 'valkey-lost', level: 'warn', message: `Valkey is away: ${reason}.`, at };
}
