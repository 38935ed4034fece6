// KV version 2: values with versions, and check-and-set so that nobody undoes another's write.
import type { VaultSession } from './vault.session.ts';

/** One version of an entry. */
export interface KvEntry {
  readonly fields: Readonly<Record<string, unknown>>;
  readonly version: number;
  /** With the version it tells an entry from one of the same path that was destroyed and made anew. */
  readonly createdAt: string;
}

/** A KV mount. */
export class KvEngine {
  constructor(
    private readonly session: VaultSession,
    private readonly mount: string,
  ) {}

  /** @returns undefined where there is none, or its newest version is deleted */
  async read(path: string, version?: number): Promise<KvEntry | undefined> {
    const query = version === undefined ? undefined : { version: String(version) };
    const call = { method: 'GET', path: [this.mount, 'data', path], ...(query ? { query } : {}) } as const;
    const { status, data } = await this.session.call(call);
    const { data: fields, metadata } = data as { data?: Record<string, unknown>; metadata?: Record<string, unknown> };
    if (status === 404 || !fields) return undefined;
    return { fields, version: Number(metadata?.version), createdAt: String(metadata?.created_time) };
  }

  /**
   * Writes a new version.
   * @param cas the version that it follows; 0: there must be none yet
   * @throws VaultError `conflict` when there is another one
   */
  async write(path: string, fields: Readonly<Record<string, unknown>>, cas?: number): Promise<number> {
    const body = { data: fields, ...(cas === undefined ? {} : { options: { cas } }) };
    const { data } = await this.session.call({ method: 'POST', path: [this.mount, 'data', path], body });
    return Number(data.version);
  }

  /** Deletes the newest version; it can be undeleted. */
  async delete(path: string): Promise<void> {
    await this.session.call({ method: 'DELETE', path: [this.mount, 'data', path] });
  }

  /** Names below a path; those that end with `/` are folders. */
  async list(path: string): Promise<string[]> {
    const { data } = await this.session.call({ method: 'LIST', path: [this.mount, 'metadata', path] });
    return Array.isArray(data.keys) ? data.keys.filter((key) => typeof key === 'string') : [];
  }
}
