// What stops a start, or a call, because of a secret: names, paths and remedies, never a value.

/** Stable codes; a supervisor and a test may switch on them. */
export type SecretsErrorCode =
  | 'declaration-invalid'
  | 'options-invalid'
  | 'environment-refused'
  | 'production-refused'
  | 'store-unreachable'
  | 'store-sealed'
  | 'login-refused'
  | 'wrap-used'
  | 'wrap-foreign'
  | 'forbidden'
  | 'refused'
  | 'conflict'
  | 'secrets-missing'
  | 'secret-unavailable'
  | 'laptop-key'
  | 'laptop-damaged'
  | 'laptop-busy'
  | 'field-undecipherable';

/** The secrets cannot be had; the message ends with the remedy. */
export class SecretsError extends Error {
  override readonly name: string = 'SecretsError';

  /** @param remedy what a person does about it */
  constructor(
    readonly code: SecretsErrorCode,
    problem: string,
    readonly remedy: string,
    options?: ErrorOptions,
  ) {
    super(`${problem}\n  ${remedy}`, options);
  }

  /** Whether the same may succeed later without anybody's doing here. */
  get isTransient(): boolean {
    return this.code === 'store-unreachable' || this.code === 'store-sealed';
  }
}
