/** Valkey cannot be used as it is configured: nothing listens then. */
export class ValkeyError extends Error {
  override readonly name = 'ValkeyError';

  /** @param remedy what to do about it */
  constructor(
    problem: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${problem}.\n  ${remedy}`, options);
  }
}

/** Valkey is away just now, or did not answer in time: whoever asked decides what that means. */
export class ValkeyUnavailableError extends Error {
  override readonly name = 'ValkeyUnavailableError';
}
