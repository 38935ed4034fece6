// Answers to http-01 challenges (RFC 8555 §8.3), kept as files too: the CA may ask any replica that shares the folder.
import { readdir, readFile, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { privateFolder, writePrivate } from '../private.files.ts';
import { IssuerError } from '../issued/issuer.error.ts';

/** A token is a file name here, so it is held against its alphabet, whoever sent it. */
const TOKEN = /^[A-Za-z0-9_-]{16,128}$/;

/** See the head of the file. */
export class AcmeChallenges {
  constructor(private readonly folder: string) {}

  /** @throws IssuerError when the CA gave no token */
  async put(token: string, authorization: string): Promise<void> {
    if (!TOKEN.test(token))
      throw new IssuerError('the CA gave a token that is none (RFC 8555 §8.3): choose another CA.');
    await privateFolder(this.folder);
    await writePrivate(join(this.folder, token), authorization);
  }

  async answer(token: string): Promise<string | undefined> {
    if (!TOKEN.test(token)) return undefined;
    return readFile(join(this.folder, token), 'utf8').catch(() => undefined);
  }

  /** After an order; who orders holds the lock, so nobody needs one of them any more. */
  async clear(): Promise<void> {
    const names = await readdir(this.folder).catch(() => []);
    await Promise.all(names.map((name) => unlink(join(this.folder, name)).catch(() => undefined)));
  }
}
