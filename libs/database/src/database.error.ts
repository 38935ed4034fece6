// A database that cannot be had at the start ends the start, with what to do about it.

/** The database cannot be opened; the message ends with the remedy and holds no secret. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';

  /** @param remedy what a person does about it; names the setting */
  constructor(
    problem: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${problem}\n  ${remedy}`, options);
  }
}
