// A script that the server runs as one step: what is read and written in it cannot interleave with another replica's.
import { createHash } from 'node:crypto';

/** See {@link defineScript}. */
export interface ValkeyScript {
  readonly lua: string;
  /** How the server names it: SHA-1 is its protocol, and protects nothing here. */
  readonly sha: string;
}

/** @param lua names every key that it touches in KEYS, so that the rights of the user hold for it */
export const defineScript = (lua: string): ValkeyScript => ({ lua, sha: createHash('sha1').update(lua).digest('hex') });
