// What the replicas of a service know together: proofs that were shown, and revocations where there is no database. It may be away; whoever
// asks then decides what that means.
import { createHash } from 'node:crypto';

/** A script that the server runs as one step. */
export interface SharedScript {
  readonly lua: string;
  readonly sha: string;
}

/** `SharedValkey` of @gatehouse/valkey is one. */
export interface SharedMemory {
  /** Rejects, soon, while it cannot be known. */
  evaluate(script: SharedScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  /** Told with the reason when it is lost, and with none when it is back. @returns what ends it */
  watch(watcher: (reason?: string) => void): () => void;
}

/** SHA-1 is how the server's protocol names a script, and protects nothing here. */
export const sharedScript = (lua: string): SharedScript => ({ lua, sha: createHash('sha1').update(lua).digest('hex') });
