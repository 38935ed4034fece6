/** The limits cannot be enforced as they are configured: nothing listens then. */
export class RateLimitError extends Error {
  override readonly name = 'RateLimitError';

  /** @param remedy what to do about it */
  constructor(
    problem: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${problem}.\n  ${remedy}`, options);
  }
}
