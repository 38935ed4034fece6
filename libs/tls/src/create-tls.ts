// One object that a listener needs: complete options, and what a person should know about the certificate.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SecureContextOptions, Server, TlsOptions as ServerOptions } from 'node:tls';
import type { CertificateMaterial, CertificateSource, SourceContext } from './certificate.source.ts';
import { embeddedSource } from './development/embedded.source.ts';
import { mkcertSource } from './development/mkcert.source.ts';
import { orderedSource } from './ordered.source.ts';
import { TlsError } from './tls.error.ts';
import type { TlsEvent } from './tls.event.ts';
import type { TlsOptions } from './tls.options.ts';
import { policyOptions } from './tls.policy.ts';

/** What createTls works with. */
export interface TlsContext {
  readonly service: string;
  readonly stateFolder: string;
  readonly production: boolean;
  readonly env?: NodeJS.ProcessEnv;
  readonly onEvent?: (event: TlsEvent) => void;
  /** Milliseconds since the epoch; tests move it. */
  readonly now?: () => number;
}

/** The TLS side of a service. */
export interface Tls {
  serverOptions(): SecureContextOptions & ServerOptions;
  /** Keeps a listener's certificate current; returns what ends that. The first cut reads certificates at the start only. */
  attach(server: Server): () => void;
  readonly caFile?: string;
  readonly trustHint?: readonly string[];
  describe(): {
    source: string;
    subject: string;
    names: string;
    issuer: string;
    notBefore: string;
    notAfter: string;
    serial: string;
    fingerprint256: string;
  };
  close(): Promise<void>;
}

/** @throws TlsError naming the file or the setting, and the remedy */
export async function createTls(options: TlsOptions, context: TlsContext): Promise<Tls> {
  const {
    GATEHOUSE_TLS_CERT_FILE: certFile,
    GATEHOUSE_TLS_KEY_FILE: keyFile,
    GATEHOUSE_TLS_CA_FILE: caFile,
  } = context.env ?? {};
  if (certFile && keyFile) return tls('files', await readFiles(certFile, keyFile), caFile);
  if (certFile || keyFile || context.production) {
    throw new TlsError(
      'no certificate: set both GATEHOUSE_TLS_CERT_FILE and GATEHOUSE_TLS_KEY_FILE (the development CA is not for production).',
    );
  }
  const source = await developmentSource(options, context);
  const made = await source.current();
  if (!made) throw new TlsError('no development certificate: set GATEHOUSE_TLS_CERT_FILE and GATEHOUSE_TLS_KEY_FILE.');
  return tls(source.name, made, source.caFile, source);
}

async function developmentSource(options: TlsOptions, context: TlsContext): Promise<CertificateSource> {
  const sources: SourceContext = {
    ...context,
    env: context.env ?? {},
    names: options.names,
    now: context.now ?? Date.now,
    emit: (event) => context.onEvent?.({ ...event, at: new Date().toISOString() }),
  };
  const mkcert = await mkcertSource(sources);
  return orderedSource([...(mkcert ? [mkcert] : []), embeddedSource(sources)], sources);
}

function tls(
  name: string,
  { cert, key }: CertificateMaterial,
  caFile: string | undefined,
  source?: CertificateSource,
): Tls {
  const leaf = new X509Certificate(cert);
  return {
    serverOptions: () => policyOptions({ cert, key }),
    attach: () => () => undefined,
    caFile,
    trustHint: source?.trustHint ?? [],
    describe: () => ({
      source: name,
      subject: leaf.subject,
      names: leaf.subjectAltName ?? '',
      issuer: leaf.issuer,
      notBefore: leaf.validFrom,
      notAfter: leaf.validTo,
      serial: leaf.serialNumber,
      fingerprint256: leaf.fingerprint256,
    }),
    close: async () => source?.close(),
  };
}

async function readFiles(certFile: string, keyFile: string): Promise<CertificateMaterial> {
  const [cert, key] = await Promise.all([
    read('GATEHOUSE_TLS_CERT_FILE', certFile),
    read('GATEHOUSE_TLS_KEY_FILE', keyFile),
  ]);
  let leaf: X509Certificate;
  let pair: boolean;
  try {
    leaf = new X509Certificate(cert);
    pair = leaf.checkPrivateKey(createPrivateKey(key));
  } catch (error) {
    throw new TlsError(`${certFile} or ${keyFile} is no valid PEM (${(error as Error).message}): write both again.`);
  }
  if (!pair) throw new TlsError(`${keyFile} is not the key of ${certFile}: give the pair that belongs together.`);
  if (leaf.validToDate.getTime() < Date.now()) throw new TlsError(`${certFile} expired on ${leaf.validTo}: renew it.`);
  return { cert, key };
}

function read(setting: string, file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new TlsError(`${setting}=${file} cannot be read (${error.code}): correct the path or its permissions.`);
  });
}
