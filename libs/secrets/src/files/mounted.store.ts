// Secrets as files of a folder: Docker's and Podman's /run/secrets, a Kubernetes Secret or CSI mount. A file is one secret; a folder
// is one whose files are its fields. Nothing outside the folder is read, wherever its links point.
import { createHmac, randomBytes } from 'node:crypto';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { watchFolder } from '../folder.watch.ts';
import { isInside } from '../is-inside.ts';
import type { SecretDeclaration, SecretDeclarations } from '../secret.declaration.ts';
import type { Lease, RawSecret, SecretStore, StoreChange, StoredSecret } from '../secret.store.ts';
import { SecretsError } from '../secrets.error.ts';

const MOST_BYTES = 1_048_576;

/** See {@link SecretStore}. */
export class MountedStore implements SecretStore {
  readonly kind = 'files';
  private readonly stops: (() => void)[] = [];
  private listener: (change: StoreChange) => void = () => undefined;
  /** A plain hash of a short password could be guessed from a status page. */
  private readonly versionKey = randomBytes(32);

  constructor(readonly where: string) {}

  async open(declared: SecretDeclarations): Promise<void> {
    await readdir(this.where).catch((error: NodeJS.ErrnoException) => {
      throw this.unreadable(this.where, error);
    });
    const folders = new Set([this.where]);
    for (const [name, { path = name }] of Object.entries(declared)) {
      const found = join(this.where, path);
      folders.add(dirname(found));
      if (
        await stat(found).then(
          (at) => at.isDirectory(),
          () => false,
        )
      )
        folders.add(found);
    }
    for (const folder of folders) this.stops.push(watchFolder(folder, () => this.listener('values')));
  }

  async read(name: string, { path = name }: SecretDeclaration): Promise<StoredSecret | undefined> {
    const place = join(this.where, path);
    try {
      await this.refuseOutside(place);
      const raw = (await stat(place)).isDirectory()
        ? await this.readFields(place)
        : { text: await this.readOne(place) };
      return { raw, version: this.versionOf(raw) };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      throw error instanceof SecretsError ? error : this.unreadable(place, error as NodeJS.ErrnoException);
    }
  }

  onChange(listener: (change: StoreChange) => void): void {
    this.listener = listener;
  }

  renew(lease: Lease): Promise<Lease> {
    return Promise.resolve(lease);
  }

  revoke(): Promise<void> {
    return Promise.resolve();
  }

  isLive(): Promise<boolean> {
    return Promise.resolve(true);
  }

  close(): Promise<void> {
    for (const stop of this.stops) stop();
    return Promise.resolve();
  }

  private async readFields(folder: string): Promise<RawSecret> {
    const fields: Record<string, string> = {};
    for (const name of await readdir(folder)) {
      if (name.startsWith('.')) continue; // Kubernetes keeps its generations in ..data
      await this.refuseOutside(join(folder, name));
      fields[name] = (await this.readOne(join(folder, name))).toString('utf8').replace(/\r?\n$/, '');
    }
    return { fields };
  }

  private async readOne(file: string): Promise<Buffer> {
    const { mode, size } = await stat(file);
    if (process.platform !== 'win32' && (mode & 0o022) !== 0) {
      throw new SecretsError('refused', `${file} may be written by others`, `chmod go-w ${file}`);
    }
    if (size > MOST_BYTES) throw new SecretsError('refused', `${file} is larger than 1 MiB`, 'Mount a secret there.');
    return readFile(file);
  }

  private async refuseOutside(place: string): Promise<void> {
    if (isInside(await realpath(this.where), await realpath(place))) return;
    throw new SecretsError('refused', `${place} links to a place outside ${this.where}`, 'Put the file itself there.');
  }

  private versionOf(raw: RawSecret): string {
    const mac = createHmac('sha256', this.versionKey);
    mac.update('text' in raw ? raw.text : JSON.stringify(Object.entries(raw.fields).sort()));
    return mac.digest('base64url').slice(0, 16);
  }

  private unreadable(place: string, { code, message }: NodeJS.ErrnoException): SecretsError {
    return new SecretsError(
      'store-unreachable',
      `${place} cannot be read (${code ?? message})`,
      'Correct GATEHOUSE_SECRETS_FOLDER, or give this user the right to read it.',
    );
  }
}
