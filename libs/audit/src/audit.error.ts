// Errors of the journal, each with the remedy: what an operator reads at three in the morning.

/** Switch on it. */
export type AuditErrorCode =
  | 'journal-busy'
  | 'journal-damaged'
  | 'journal-unwritable'
  | 'journal-hung'
  | 'journal-full'
  | 'journal-closed'
  | 'checkpoint-invalid'
  | 'record-unknown';

/** What the journal throws. */
export class AuditError extends Error {
  override readonly name = 'AuditError';

  /** @param remedy what to do about it */
  constructor(
    readonly code: AuditErrorCode,
    what: string,
    readonly remedy: string,
    cause?: unknown,
  ) {
    super(`audit: ${what}. ${remedy}`, cause === undefined ? undefined : { cause });
  }
}
