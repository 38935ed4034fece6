// One login by each method. What proves the service is read from its file each time, so that an orchestrator can replace it.
import { readFile } from 'node:fs/promises';
import { Secret } from '../secret.ts';
import type { EmitSecretsEvent } from '../secrets.event.ts';
import { VaultError } from './vault.error.ts';
import type { VaultHttp } from './vault.http.ts';
import type { VaultAuth } from './vault.options.ts';
import { unwrapSecretId } from './wrapped.secret-id.ts';

/** A token of the vault and how long it lives. */
export interface VaultToken {
  readonly token: Secret<string>;
  /** Infinity for a root token. */
  readonly ttlMs: number;
  readonly renewable: boolean;
  /** False for a token from a file: it is not ours to revoke. */
  readonly ours: boolean;
}

/** Logs in; keeps the unwrapped secret-id for the next login while the file stays the same. */
export class VaultLogin {
  private unwrapped: { from: Secret<string>; secretId: Secret<string> } | undefined;

  constructor(
    private readonly http: VaultHttp,
    private readonly auth: VaultAuth,
    private readonly emit: EmitSecretsEvent,
  ) {}

  /** @throws VaultError `login-refused`, `wrap-used`, `wrap-foreign`, or a transient one */
  async login(): Promise<VaultToken> {
    const { auth } = this;
    switch (auth.method) {
      case 'approle':
        return this.post(auth.mount, { role_id: auth.roleId, secret_id: (await this.secretId(auth)).reveal() });
      case 'kubernetes':
      case 'jwt':
        return this.post(auth.mount, { role: auth.role, jwt: await line(auth.jwtFile) });
      case 'cert':
        return this.post(auth.mount, auth.role === undefined ? {} : { name: auth.role });
      case 'token':
        return this.lookup(new Secret(await line(auth.tokenFile)));
    }
  }

  private async secretId(auth: Extract<VaultAuth, { method: 'approle' }>): Promise<Secret<string>> {
    const found = await line(auth.secretIdFile);
    if (auth.insecureUnwrappedSecretId) return new Secret(found);
    if (this.unwrapped?.from.reveal() !== found) {
      const from = new Secret(found);
      this.unwrapped = { from, secretId: await unwrapSecretId(this.http, from, auth, this.emit) };
    }
    return this.unwrapped.secretId;
  }

  private async post(mount: string, body: object): Promise<VaultToken> {
    const answer = await this.http
      .call({ method: 'POST', path: ['auth', mount, 'login'], body })
      .catch((error: unknown) => {
        throw refused(error, this.auth.method);
      });
    const { client_token: token, lease_duration: seconds, renewable } = answer.auth ?? {};
    if (typeof token !== 'string') throw refused(undefined, this.auth.method);
    return { token: new Secret(token), ttlMs: ttl(seconds), renewable: renewable === true, ours: true };
  }

  private async lookup(token: Secret<string>): Promise<VaultToken> {
    const call = { method: 'GET', path: ['auth', 'token', 'lookup-self'], token } as const;
    const { data } = await this.http.call(call).catch((error: unknown) => {
      throw refused(error, 'token');
    });
    return { token, ttlMs: ttl(data.ttl), renewable: data.renewable === true, ours: false };
  }
}

/** 0 is the vault's word for "never ends". */
const ttl = (seconds: unknown) => (typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : Infinity);

function refused(error: unknown, method: string): unknown {
  if (error instanceof VaultError && (error.isTransient || error.code === 'options-invalid')) return error;
  const status = error instanceof VaultError ? error.status : undefined;
  const remedy = 'Check the role and what proves this service: it may be expired, revoked or used up.';
  return new VaultError('login-refused', status, `the vault refused the login by ${method} (${status})`, remedy);
}

async function line(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
    throw new VaultError(
      'options-invalid',
      undefined,
      `${file} cannot be read (${code})`,
      'Mount it, or correct the path.',
    );
  });
  if (text.trim() === '')
    throw new VaultError('options-invalid', undefined, `${file} is empty`, 'Put the credential there.');
  return text.trim();
}
