// Keeps a valid token: renews at two thirds of its life, logs in anew where it cannot be renewed, and never lets it end unnoticed.
import type { Secret } from '../secret.ts';
import type { EmitSecretsEvent } from '../secrets.event.ts';
import { after, backOffMs, renewalDelayMs } from '../long.timer.ts';
import { VaultError } from './vault.error.ts';
import type { VaultAnswer, VaultCall, VaultHttp } from './vault.http.ts';
import type { VaultLogin, VaultToken } from './vault.login.ts';

/** A renewal that gives less than this share of the first time to live means that the maximum is near. */
const WORTH_RENEWING = 0.5;

/** The token of one client. */
export class VaultSession {
  private held: VaultToken | undefined;
  private pending: Promise<VaultToken> | undefined;
  private cancel: () => void = () => undefined;
  private attempt = 0;
  private closed = false;
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly http: VaultHttp,
    private readonly login: VaultLogin,
    private readonly emit: EmitSecretsEvent,
  ) {}

  /** Told when there is another token: the leases of the former end with it. */
  onReplaced(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** Logs in unless that was done. @throws VaultError */
  async token(): Promise<Secret<string>> {
    return (this.held ?? (await this.logIn())).token;
  }

  /** Calls with the token; one that was revoked meanwhile is replaced once. @throws VaultError */
  async call(call: VaultCall): Promise<VaultAnswer> {
    const token = await this.token();
    try {
      return await this.http.call({ ...call, token });
    } catch (error) {
      if (!(error instanceof VaultError) || error.status !== 403 || (await this.isValid(token))) throw error;
      if (this.held?.token === token) {
        this.emit('token-lost', 'the token of the vault is no longer valid: logging in again');
        this.held = undefined;
        await this.logIn();
        for (const listener of this.listeners) listener();
      }
      return this.http.call({ ...call, token: await this.token() });
    }
  }

  /** Stops renewing and revokes the token with every lease made by it. */
  async close(): Promise<void> {
    this.closed = true;
    this.cancel();
    await this.pending?.catch(() => undefined);
    const { held } = this;
    this.held = undefined;
    if (!held?.ours) return;
    const revoke = { method: 'POST', path: ['auth', 'token', 'revoke-self'], token: held.token } as const;
    await this.http.call(revoke).catch((error: Error) => {
      this.emit('lease-not-revoked', `the token could not be revoked and ends by itself: ${error.message}`);
    });
  }

  private logIn(): Promise<VaultToken> {
    this.pending ??= this.login
      .login()
      .then((token) => {
        this.held = token;
        this.attempt = 0;
        this.schedule(token, token.ttlMs);
        return token;
      })
      .finally(() => (this.pending = undefined));
    return this.pending;
  }

  private schedule(token: VaultToken, ttlMs: number): void {
    this.cancel();
    if (this.closed || ttlMs === Infinity) return;
    const end = performance.now() + ttlMs;
    this.cancel = after(renewalDelayMs(ttlMs), () => void this.prolong(token, end));
  }

  private async prolong(token: VaultToken, end: number): Promise<void> {
    try {
      if (!token.renewable || !(await this.renew(token))) await this.replace(token);
      this.attempt = 0;
    } catch (error) {
      if (this.closed) return;
      const left = end - performance.now();
      const message = (error as Error).message;
      if (left <= 0) this.held = undefined;
      this.emit(left > 0 ? 'lease-not-renewed' : 'token-lost', `the token of the vault was not prolonged: ${message}`);
      this.cancel = after(backOffMs(this.attempt++), () => void this.prolong(token, end));
    }
  }

  /** @returns false where it has to be replaced */
  private async renew(token: VaultToken): Promise<boolean> {
    const call = { method: 'POST', path: ['auth', 'token', 'renew-self'], token: token.token, body: {} } as const;
    const answer = await this.http.call(call).catch((error: unknown) => {
      if (error instanceof VaultError && !error.isTransient) return undefined;
      throw error;
    });
    const seconds = answer?.auth?.lease_duration;
    if (typeof seconds !== 'number' || seconds * 1000 < token.ttlMs * WORTH_RENEWING) return false;
    this.emit('token-renewed', `the token of the vault lives ${seconds} s more`);
    this.schedule(token, seconds * 1000);
    return true;
  }

  /** The former token is left to end by itself: its leases are in use until their replacements are. */
  private async replace(_former: VaultToken): Promise<void> {
    await this.logIn();
    this.emit('token-replaced', 'logged in to the vault again, as the former token could not be renewed further');
    for (const listener of this.listeners) listener();
  }

  private async isValid(token: Secret<string>): Promise<boolean> {
    const call = { method: 'GET', path: ['auth', 'token', 'lookup-self'], token } as const;
    return this.http.call(call).then(
      () => true,
      (error: unknown) => !(error instanceof VaultError && error.status === 403),
    );
  }
}
