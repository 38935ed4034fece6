// The key of the laptop store lies outside the repository: an archive or a push of the working folder never carries both (CWE-321).
import { randomBytes } from 'node:crypto';
import { existsSync, realpathSync } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { createFile } from '@gatehouse/files';
import { isInside } from '../is-inside.ts';
import { SecretsError } from '../secrets.error.ts';

const KEY_BYTES = 32;

/** GATEHOUSE_SECRETS_KEY_FILE, else `$XDG_CONFIG_HOME/gatehouse/laptop.key`, else `~/.config/gatehouse/laptop.key`. */
export function keyFileOf(env: NodeJS.ProcessEnv): string {
  if (env.GATEHOUSE_SECRETS_KEY_FILE) return resolve(env.GATEHOUSE_SECRETS_KEY_FILE);
  const config = env.XDG_CONFIG_HOME;
  return join(config && isAbsolute(config) ? config : join(homedir(), '.config'), 'gatehouse', 'laptop.key');
}

/**
 * Reads the key.
 * @param make whether a missing one is made: only when there is no store yet
 * @throws SecretsError `laptop-key` when it is missing, readable by others, damaged, or lies in the repository
 */
export async function laptopKey(file: string, stateFolder: string, make: boolean): Promise<Uint8Array> {
  refuseInside(file, stateFolder);
  try {
    if (make && !existsSync(file)) {
      await mkdir(dirname(file), { recursive: true, mode: 0o700 }); // one that exists is somebody's and keeps its mode
      await createFile(file, `${randomBytes(KEY_BYTES).toString('base64')}\n`);
    }
    const { mode } = await stat(file);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0)
      throw failure(`${file} can be read by others`, `chmod 600 ${file}`);
    const key = Buffer.from(await readFile(file, 'utf8'), 'base64');
    if (key.length !== KEY_BYTES) throw failure(`${file} is no key`, lost(stateFolder));
    return key;
  } catch (error) {
    if (error instanceof SecretsError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw failure(`the key file ${file} cannot be had (${code})`, code === 'ENOENT' ? lost(stateFolder) : elsewhere);
  }
}

/** The folder that is under version control, else the state folder itself. */
function refuseInside(file: string, stateFolder: string): void {
  let root = resolve(stateFolder);
  for (let folder = root; folder !== dirname(folder); folder = dirname(folder)) {
    if (!existsSync(join(folder, '.git'))) continue;
    root = folder;
    break; // the innermost: a home folder that is itself under version control is no reason to refuse
  }
  if (isInside(real(root), real(dirname(file)))) throw failure(`the key file ${file} lies inside ${root}`, elsewhere);
}

const real = (path: string) => (existsSync(path) ? realpathSync(path) : resolve(path));

const elsewhere = 'Set GATEHOUSE_SECRETS_KEY_FILE to a file outside the repository that this user can write.';

const lost = (stateFolder: string) =>
  `Bring the key back, or remove ${join(stateFolder, 'secrets.sealed')} to begin afresh with new values.`;

const failure = (problem: string, remedy: string) => new SecretsError('laptop-key', problem, remedy);
