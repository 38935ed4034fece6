// A secret-id reaches a service inside a response-wrapping token that opens once. Its creation path is checked before, so that a
// token that an attacker wrapped himself is refused; one that was opened already means that somebody else holds the secret-id.
import { Secret } from '../secret.ts';
import type { EmitSecretsEvent } from '../secrets.event.ts';
import { VaultError } from './vault.error.ts';
import type { VaultHttp } from './vault.http.ts';

/** @throws VaultError `wrap-used` or `wrap-foreign`: neither is tried again */
export async function unwrapSecretId(
  http: VaultHttp,
  token: Secret<string>,
  expected: { mount: string; role: string },
  emit: EmitSecretsEvent,
): Promise<Secret<string>> {
  const path = `auth/${expected.mount}/role/${expected.role}/secret-id`;
  const lookup = { method: 'POST', path: ['sys', 'wrapping', 'lookup'], body: { token: token.reveal() } } as const;
  const { data } = await http.call(lookup).catch((error: unknown) => {
    throw usedOr(error, emit);
  });
  if (data.creation_path !== path) {
    const problem = `the wrapped secret-id was made by another request than ${path}`;
    emit('wrapping-token-foreign', problem);
    throw new VaultError('wrap-foreign', undefined, problem, 'Find out who wrote the file: it may be an attack.');
  }
  const unwrapped = await http
    .call({ method: 'POST', path: ['sys', 'wrapping', 'unwrap'], token })
    .catch((error: unknown) => {
      throw usedOr(error, emit);
    });
  const { secret_id: secretId } = unwrapped.data;
  if (typeof secretId === 'string') return new Secret(secretId);
  throw new VaultError('wrap-foreign', undefined, 'the wrapped answer holds no secret-id', 'Issue a new one.');
}

function usedOr(error: unknown, emit: EmitSecretsEvent): unknown {
  if (!(error instanceof VaultError) || error.isTransient) return error;
  const problem = 'the wrapped secret-id was opened before, or it expired';
  emit('wrapping-token-used', `${problem}: if nobody of yours did, somebody else holds it`);
  return new VaultError(
    'wrap-used',
    error.status,
    problem,
    'Revoke its secret-id (see the audit log), issue a new one.',
  );
}
