// Who connects, where that changes while the service runs: dynamic credentials of a vault, which end with their lease.

/** A user of the database. */
export interface DatabaseUser {
  readonly username: string;
  readonly password: string;
}

/** Where the user comes from, such as a secret of `@gatehouse/secrets`. */
export interface CredentialSource {
  /**
   * The user in force; asked before each connection is lent, so that one who may no longer be used is not.
   * @throws ProblemError `dependency-unavailable`
   */
  current(): DatabaseUser;
  /** Calls `hook` with each new user; the former may be dropped once it has returned. */
  onChange(hook: () => Promise<void>): void;
}

/** Whether GATEHOUSE_DATABASE_URL names no user: then one comes from a {@link CredentialSource}. */
export function needsCredentials(env: NodeJS.ProcessEnv): boolean {
  const url = URL.parse(env.GATEHOUSE_DATABASE_URL ?? '');
  return url !== null && url.username === '';
}
