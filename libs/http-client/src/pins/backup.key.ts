// The key in reserve: made now, pinned now, kept offline, and used when the current one is lost.
import { generateKeyPairSync } from 'node:crypto';
import { open } from 'node:fs/promises';
import { HttpClientConfigError } from '../http-client.error.ts';
import { pinOfKey } from './spki.pin.ts';

/**
 * Makes a P-256 key (PKCS #8, PEM, mode 0600) and returns its pin.
 *
 * @throws HttpClientConfigError when the file exists, or cannot be written
 */
export async function makeBackupKey(file: string): Promise<string> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  try {
    const handle = await open(file, 'wx', 0o600);
    try {
      await handle.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }));
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST')
      throw new HttpClientConfigError(file, 'there is a file already', 'name a new one: a key is never overwritten');
    throw new HttpClientConfigError(
      file,
      `it cannot be written (${code ?? message})`,
      'name a file in a folder that you may write',
    );
  }
  return pinOfKey(publicKey);
}
