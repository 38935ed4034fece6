// A run that cannot begin, said in one sentence with its remedy.

/** The input of a run is wrong, or the service cannot be reached. `gatehouse conform` exits with 2. */
export class ConformanceInputError extends Error {
  override readonly name = 'ConformanceInputError';
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}
