// Certificate files that something else renews (certbot, lego, cert-manager, a vault's agent): the first contract in production. Key
// and chain may arrive at different moments, and a file may be caught half-written: what does not fit yet is looked at again for a
// while before it counts as wrong.
import { readFile, stat } from 'node:fs/promises';
import { validateMaterial, type CertificatePurpose } from './certificate.facts.ts';
import type { CertificateMaterial, CertificateSource, SourceContext } from './certificate.source.ts';
import { watchFiles, type FileWatch } from './file.watch.ts';
import { TlsError } from './tls.error.ts';

/** See {@link filesSource}. */
export interface FilesSourceOptions {
  readonly certFile: string;
  readonly keyFile: string;
  /** The CA that callers have to trust, where it is a private one. */
  readonly caFile?: string;
  /** Between two looks at the files, in milliseconds. */
  readonly pollMs: number;
  /** How long files that do not fit each other are given before that is reported, in milliseconds. */
  readonly settleMs: number;
  readonly name?: string;
  /** What they are for; `server` by default. */
  readonly purpose?: CertificatePurpose;
  /** Which settings name them, chain and key, for messages. */
  readonly settings?: readonly [string, string];
}

/** Makes the source; the files are watched from the first listener on. */
export function filesSource(options: FilesSourceOptions, context: SourceContext): CertificateSource {
  const { certFile, keyFile, caFile, name = 'files', purpose } = options;
  const [certSetting, keySetting] = options.settings ?? ['GATEHOUSE_TLS_CERT_FILE', 'GATEHOUSE_TLS_KEY_FILE'];
  const listeners = new Set<() => void>();
  let watch: FileWatch | undefined;
  let lastGood: CertificateMaterial | undefined;
  /** Since when the files are new and not yet seen to fit; by the monotonic clock. */
  let unsettledSince: number | undefined;

  const read = async (): Promise<CertificateMaterial> => {
    const cert = await readSetting(certSetting, certFile);
    const key = certFile === keyFile ? cert : await readSetting(keySetting, keyFile);
    return { cert, key };
  };
  const look = async (changed: boolean) => {
    if (changed) unsettledSince ??= performance.now();
    if (changed || unsettledSince === undefined) return; // still moving, or nothing new
    const fits = await read().then(
      (material) => fitsTogether(material, { origin: certFile, purpose }, context),
      () => false,
    );
    if (!fits && performance.now() - unsettledSince < options.settleMs) return;
    unsettledSince = undefined;
    listeners.forEach((listener) => listener());
  };
  return {
    name,
    origin: certFile === keyFile ? certFile : `${certFile} with ${keyFile}`,
    caFile,
    async current() {
      if (unsettledSince !== undefined && lastGood) return lastGood;
      const material = await read();
      if (lastGood === undefined) await warnOfOpenKey(keyFile, name, context);
      if (fitsTogether(material, { origin: certFile, purpose }, context)) lastGood = material;
      return material;
    },
    onChange(listener) {
      listeners.add(listener);
      watch ??= watchFiles([certFile, keyFile], options.pollMs, look);
      return () => void listeners.delete(listener);
    },
    close: async () => watch?.stop(),
  };
}

function fitsTogether(
  material: CertificateMaterial,
  expected: { origin: string; purpose?: CertificatePurpose },
  { now, names }: SourceContext,
): boolean {
  try {
    validateMaterial(material, { ...expected, now: now(), names });
    return true;
  } catch {
    return false;
  }
}

async function warnOfOpenKey(keyFile: string, source: string, { emit }: SourceContext): Promise<void> {
  const { mode } = await stat(keyFile);
  if ((mode & 0o004) === 0 || process.platform === 'win32') return;
  const message = `${keyFile} can be read by every user of this machine: chmod 600 ${keyFile}`;
  emit({ type: 'source-failed', level: 'warn', source, message });
}

function readSetting(setting: string, file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new TlsError(`${setting}=${file} cannot be read (${error.code}): correct the path or its permissions.`);
  });
}
