// A lock that cannot be had: whoever asked says what that means and what mends it.

/** `held`: by a living process. `unreadable`: nobody can say by whom. `unwritable`: the folder takes no lock. */
export type LockProblem = 'held' | 'unreadable' | 'unwritable';

/** As far as its lock says. */
export interface LockHolder {
  readonly pid: string;
  readonly host: string;
  /** `this process`, `process 12`, or `process 12 on another-host`. */
  readonly name: string;
}

/** What {@link lockFile} and {@link withLock} throw. */
export class LockError extends Error {
  override readonly name = 'LockError';

  constructor(
    readonly problem: LockProblem,
    readonly file: string,
    readonly holder?: LockHolder,
    override readonly cause?: NodeJS.ErrnoException,
  ) {
    super(
      holder ? `${holder.name} holds ${file}` : `the lock ${file} is ${problem} (${cause?.code ?? cause?.message})`,
    );
  }
}
