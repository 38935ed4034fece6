// What an issued source keeps in its folder (0700): key and chain in one file, replaced together, and how the last attempts went, so
// that a service that is started again and again does not spend the CA's limits. Every file is 0600 and replaced as a whole.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { CertificateMaterial } from '../certificate.source.ts';
import { splitBundle } from '../development/stored.leaf.ts';
import { privateFolder, writePrivate } from '../private.files.ts';

const attemptsSchema = z.object({
  failures: z.int().min(0),
  notBefore: z.number(),
  error: z.string().optional(),
  orderedAt: z.number().optional(),
});

/** How the last attempts went. Times in milliseconds since the epoch. */
export interface Attempts extends z.output<typeof attemptsSchema> {
  /** Since the last success. */
  readonly failures: number;
  /** No attempt before this. */
  readonly notBefore: number;
  /** Of the last failure. */
  readonly error?: string;
  /** When the last order succeeded. */
  readonly orderedAt?: number;
}

/** See the head of the file. */
export class IssuedStore {
  readonly certificateFile: string;
  readonly attemptsFile: string;
  readonly lockFile: string;

  constructor(private readonly folder: string) {
    this.certificateFile = join(folder, 'certificate.pem');
    this.attemptsFile = join(folder, 'attempts.json');
    this.lockFile = join(folder, 'lock');
  }

  /** @throws TlsError when the folder cannot be made */
  prepare(): Promise<void> {
    return privateFolder(this.folder);
  }

  /** Better wrong before a certificate is ordered than when it has nowhere to go. @throws TlsError */
  async tryWriting(): Promise<void> {
    await this.prepare();
    await this.putAttempts(await this.attempts());
  }

  /** What is stored, unchecked; undefined where there is none. */
  async certificate(): Promise<CertificateMaterial | undefined> {
    const text = await readFile(this.certificateFile, 'utf8').catch(() => undefined);
    return text === undefined ? undefined : splitBundle(text);
  }

  putCertificate({ key, cert }: CertificateMaterial): Promise<void> {
    return writePrivate(this.certificateFile, `${key.trim()}\n${cert.trim()}\n`);
  }

  /** A file that cannot be read is as good as none. */
  async attempts(): Promise<Attempts> {
    const text = await readFile(this.attemptsFile, 'utf8').catch(() => '');
    try {
      return attemptsSchema.parse(JSON.parse(text));
    } catch {
      return { failures: 0, notBefore: 0 };
    }
  }

  putAttempts(attempts: Attempts): Promise<void> {
    return writePrivate(this.attemptsFile, `${JSON.stringify(attempts)}\n`);
  }
}
