// One request to the vault: bounded in time and size, over checked TLS, redirects not followed (a token would travel with them).
import { readFile } from 'node:fs/promises';
import type { Pool } from 'undici';
import type { Secret } from '../secret.ts';
import { VaultError, vaultError } from './vault.error.ts';
import type { VaultClientSettings } from './vault.options.ts';
import { vaultPath } from './vault.path.ts';

const MOST_BYTES = 4 * 1_048_576;

/** One call. */
export interface VaultCall {
  readonly method: 'GET' | 'POST' | 'DELETE' | 'LIST';
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly token?: Secret<string>;
  readonly wrapTtlSeconds?: number;
  /** Requests outside the namespace, such as sys/health. */
  readonly rootNamespace?: boolean;
}

/** The parts of an answer that this lib reads. */
export interface VaultAnswer {
  readonly status: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly leaseId: string;
  readonly leaseMs: number;
  readonly renewable: boolean;
  readonly auth?: Readonly<Record<string, unknown>>;
}

/** The connections to one vault. */
export class VaultHttp {
  private constructor(
    private readonly pool: Pool,
    private readonly settings: VaultClientSettings,
  ) {}

  /** @throws VaultError when a file of the TLS configuration cannot be read */
  static async open(settings: VaultClientSettings): Promise<VaultHttp> {
    const { auth, caFile, address, requestTimeoutMs } = settings;
    const pair = auth.method === 'cert' ? { cert: await pem(auth.certFile), key: await pem(auth.keyFile) } : {};
    const { Pool } = await import('undici'); // 40 ms that a service without a vault does not pay
    const pool = new Pool(new URL(address).origin, {
      connections: 8,
      connectTimeout: requestTimeoutMs,
      headersTimeout: requestTimeoutMs,
      bodyTimeout: requestTimeoutMs,
      keepAliveTimeout: 30_000,
      maxResponseSize: MOST_BYTES,
      allowH2: false,
      connect: {
        ...(caFile ? { ca: await pem(caFile) } : {}),
        ...pair,
        minVersion: 'TLSv1.2',
        rejectUnauthorized: true,
      },
    });
    return new VaultHttp(pool, settings);
  }

  /** @throws VaultError for every status but 2xx and, where there is nothing, 404 */
  async call(call: VaultCall): Promise<VaultAnswer> {
    const path = vaultPath(call.path);
    const query = call.query ? `?${new URLSearchParams(call.query).toString()}` : '';
    const where = `${call.method} ${this.settings.address.replace(/\/$/, '')}${path}`;
    const { status, text } = await this.send(call, path + query).catch((error: unknown) => {
      throw unreachable(where, error);
    });
    const answer = parse(text);
    if (status < 300 || (status === 404 && call.method !== 'POST')) return { status, ...answer };
    throw vaultError(status, answer.errors, where);
  }

  close(): Promise<void> {
    return this.pool.destroy();
  }

  private async send(call: VaultCall, path: string): Promise<{ status: number; text: string }> {
    const { namespace, requestTimeoutMs } = this.settings;
    const response = await this.pool.request({
      path,
      method: call.method as 'GET',
      headers: {
        'x-vault-request': 'true',
        accept: 'application/json',
        ...(call.token ? { 'x-vault-token': call.token.reveal() } : {}),
        ...(namespace && !call.rootNamespace ? { 'x-vault-namespace': namespace } : {}),
        ...(call.wrapTtlSeconds ? { 'x-vault-wrap-ttl': `${call.wrapTtlSeconds}s` } : {}),
        ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: call.body === undefined ? null : JSON.stringify(call.body),
      signal: AbortSignal.timeout(requestTimeoutMs),
    });
    return { status: response.statusCode, text: await response.body.text() };
  }
}

function parse(text: string): Omit<VaultAnswer, 'status'> & { errors: string[] } {
  const body = (json(text) ?? {}) as Record<string, unknown>;
  const errors = Array.isArray(body.errors) ? body.errors.filter((said) => typeof said === 'string') : [];
  return {
    errors,
    data: (body.data ?? {}) as Record<string, unknown>,
    leaseId: typeof body.lease_id === 'string' ? body.lease_id : '',
    leaseMs: typeof body.lease_duration === 'number' ? body.lease_duration * 1000 : 0,
    renewable: body.renewable === true,
    ...(body.auth ? { auth: body.auth as Record<string, unknown> } : {}),
  };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The cause is left out: undici's errors may carry the request with its headers. */
function unreachable(where: string, error: unknown): VaultError {
  const { code, name } = error as NodeJS.ErrnoException;
  return new VaultError(
    'store-unreachable',
    undefined,
    `${where} got no answer (${code ?? name})`,
    'Check GATEHOUSE_VAULT_ADDR and GATEHOUSE_VAULT_CA_FILE, and that the vault runs.',
  );
}

function pem(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(({ code }: NodeJS.ErrnoException) => {
    throw new VaultError('options-invalid', undefined, `${path} cannot be read (${code})`, 'Correct the path.');
  });
}
