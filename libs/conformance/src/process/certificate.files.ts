// A pair of certificate files that a check gives to a service and replaces under it, as certbot, cert-manager or a vault's agent would.
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder, removeFolder } from './keeper.ts';
import { makeAuthority, makeLeaf, type Authority, type Leaf, type LeafOptions } from './throwaway.certificates.ts';

/** See the head of the file. */
export class CertificateFiles {
  private constructor(
    private readonly folder: string,
    private readonly authority: Authority,
  ) {}

  static async open(): Promise<CertificateFiles> {
    return new CertificateFiles(makeFolder('conformance-tls-'), await makeAuthority());
  }

  get certFile(): string {
    return join(this.folder, 'tls.crt');
  }

  /** The settings that lead a service to them. */
  get env(): Record<string, string> {
    const { certFile, folder } = this;
    return { GATEHOUSE_TLS_CERT_FILE: certFile, GATEHOUSE_TLS_KEY_FILE: join(folder, 'tls.key') };
  }

  /** A certificate for localhost. */
  issue(options: LeafOptions = {}): Promise<Leaf> {
    return makeLeaf(this.authority, options);
  }

  /** Puts both in place by rename, the key first. */
  async put({ cert, key }: Leaf): Promise<void> {
    await replace(join(this.folder, 'tls.key'), key);
    await replace(this.certFile, cert);
  }

  async remove(): Promise<void> {
    await removeFolder(this.folder);
  }
}

async function replace(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
