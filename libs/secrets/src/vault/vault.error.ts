// What a vault answered, without what was sent or received: its own messages are passed on only where they are known to hold no value.
import { SecretsError, type SecretsErrorCode } from '../secrets.error.ts';

/** A request to the vault that did not succeed. */
export class VaultError extends SecretsError {
  override readonly name: string = 'VaultError';

  /** @param status HTTP status; undefined when there was no answer */
  constructor(
    code: SecretsErrorCode,
    readonly status: number | undefined,
    problem: string,
    remedy: string,
    options?: ErrorOptions,
  ) {
    super(code, problem, remedy, options);
  }
}

const KNOWN = [
  /permission denied/,
  /Vault is sealed/,
  /wrapping token is not valid or does not exist/,
  /invalid (role|secret)[ _-]?id/,
  /check-and-set parameter did not match the current version/,
  /lease (not found|expired|is not renewable)/,
  /no handler for route/,
  /unknown role/,
  /token (mac for token|not found)/,
  /encryption key not found/,
];

/** The error for an answer with a status that is none of success. `where` is method and path. */
export function vaultError(status: number, errors: readonly string[], where: string): VaultError {
  const said = KNOWN.map((known) => known.exec(errors.join(' '))?.[0]).find((text) => text !== undefined);
  const problem = `${where} answered ${status}${said ? ` (${said})` : ''}`;
  if (status === 503 || said === 'Vault is sealed')
    return new VaultError('store-sealed', status, problem, 'Unseal it.');
  if (status === 403) {
    return new VaultError(
      'forbidden',
      status,
      problem,
      'Give the role of this service a policy that allows this path.',
    );
  }
  if (status >= 500 || status === 429 || status === 412 || status === 472 || status === 473) {
    return new VaultError('store-unreachable', status, problem, 'Look into the log of the vault.');
  }
  if (said?.startsWith('check-and-set')) {
    return new VaultError('conflict', status, problem, 'Read the newest version and write again.');
  }
  return new VaultError('refused', status, problem, 'Correct the path, the mount or the role.');
}
