// The typed client of OpenBao and Vault: one session, and the engines on it.
import type { DatabaseCredentials } from '../secret.kinds.ts';
import type { Lease } from '../secret.store.ts';
import { emitter, type SecretsEvent } from '../secrets.event.ts';
import { KvEngine } from './kv.engine.ts';
import { PkiEngine } from './pki.engine.ts';
import { TransitEngine } from './transit.engine.ts';
import { VaultError } from './vault.error.ts';
import { VaultHttp } from './vault.http.ts';
import { VaultLogin } from './vault.login.ts';
import { type VaultClientOptions, vaultClientOptionsSchema } from './vault.options.ts';
import { VaultSession } from './vault.session.ts';

/** What {@link createVaultClient} works with. */
export interface VaultClientContext {
  /** Refuses login by a token from a file. */
  readonly production: boolean;
  readonly onEvent?: (event: SecretsEvent) => void;
}

/** Credentials of the database engine and their lease. */
export interface LeasedCredentials extends Partial<DatabaseCredentials> {
  readonly lease: Lease;
}

/** See {@link createVaultClient}. */
export class VaultClient {
  constructor(
    private readonly http: VaultHttp,
    private readonly session: VaultSession,
    /** Scheme, host and port. */
    readonly address: string,
  ) {}

  /** Logs in, if that was not done yet: tells at the start whether it works. @throws VaultError */
  async login(): Promise<void> {
    await this.session.token();
  }

  kv(mount = 'secret'): KvEngine {
    return new KvEngine(this.session, mount);
  }

  transit(mount = 'transit'): TransitEngine {
    return new TransitEngine(this.session, mount);
  }

  pki(mount = 'pki'): PkiEngine {
    return new PkiEngine(this.session, mount);
  }

  /** New credentials of a role of the database engine. @throws VaultError */
  async databaseCredentials(role: string, mount = 'database'): Promise<LeasedCredentials> {
    const { status, data, ...answer } = await this.session.call({ method: 'GET', path: [mount, 'creds', role] });
    if (status === 404 || typeof data.username !== 'string' || typeof data.password !== 'string') {
      throw new VaultError('refused', status, `${mount} has no role ${role}`, 'Create it, or correct its name.');
    }
    const lease = { id: answer.leaseId, ttlMs: answer.leaseMs, renewable: answer.renewable };
    return { username: data.username, password: data.password, lease };
  }

  /** @throws VaultError `refused` when the lease is over */
  async renewLease(lease: Lease): Promise<Lease> {
    const body = { lease_id: lease.id, increment: Math.ceil(lease.ttlMs / 1000) };
    const answer = await this.session.call({ method: 'POST', path: ['sys', 'leases', 'renew'], body });
    return { id: lease.id, ttlMs: answer.leaseMs, renewable: answer.renewable };
  }

  async revokeLease(lease: Lease): Promise<void> {
    await this.session.call({ method: 'POST', path: ['sys', 'leases', 'revoke'], body: { lease_id: lease.id } });
  }

  /** False when it was revoked; true also where the policy does not let us ask. @throws VaultError without an answer */
  async isLeaseLive(lease: Lease): Promise<boolean> {
    const call = { method: 'POST', path: ['sys', 'leases', 'lookup'], body: { lease_id: lease.id } } as const;
    return this.session.call(call).then(
      () => true,
      (error: unknown) => {
        if (error instanceof VaultError && !error.isTransient) return error.status === 403;
        throw error;
      },
    );
  }

  /** Told when there is another token: leases made with the former one end with it. */
  onTokenReplaced(listener: () => void): void {
    this.session.onReplaced(listener);
  }

  /** Revokes the token with its leases, and lets go of the connections. */
  async close(): Promise<void> {
    await this.session.close();
    await this.http.close();
  }
}

/**
 * A client that logs in at its first call and keeps its token valid until it is closed.
 *
 * @throws ZodError for an option that is unknown, malformed or plain HTTP; VaultError for a file that cannot be read
 * @example
 * const vault = await createVaultClient({ address, caFile, auth: { method: 'kubernetes', role: 'api' } }, { production: true });
 * const { certificate, privateKey } = await vault.pki().issue('api', { commonName: 'api.internal' });
 */
export async function createVaultClient(
  options: VaultClientOptions,
  context: VaultClientContext,
): Promise<VaultClient> {
  const settings = vaultClientOptionsSchema.parse(options);
  if (context.production && settings.auth.method === 'token') {
    const remedy = 'Use approle, kubernetes, jwt or cert (GATEHOUSE_VAULT_AUTH).';
    throw new VaultError('production-refused', undefined, 'a vault token from a file is for development', remedy);
  }
  const emit = emitter(context.onEvent);
  const http = await VaultHttp.open(settings);
  const session = new VaultSession(http, new VaultLogin(http, settings.auth, emit), emit);
  return new VaultClient(http, session, new URL(settings.address).origin);
}
