// What a service sees of this lib: the context that it gives, and the TLS side that it gets.
import type { Server as NetServer } from 'node:net';
import type { SecureContextOptions, Server, TlsOptions as ServerOptions } from 'node:tls';
import type { CertificateMaterial, CertificateSource } from './certificate.source.ts';
import type { ClientIdentity } from './client/client.identity.ts';
import type { TlsEvent } from './tls.event.ts';
import type { ClientCertificateOptions, ProxiedOptions } from './tls.options.ts';
import type { TlsSnapshot } from './tls.snapshot.ts';
import type { VaultSigner } from './vault/vault-pki.issuer.ts';

/** What createTls works with. */
export interface TlsContext {
  readonly service: string;
  readonly stateFolder: string;
  readonly production: boolean;
  readonly env?: NodeJS.ProcessEnv;
  /** Called for every event: log it. */
  readonly onEvent?: (event: TlsEvent) => void;
  /** The host that callers use: a certificate has to cover it, unless the options say which names or a balancer ends TLS. */
  readonly publicHost?: string;
  /** Further sources that the program brings (a vault's), asked before those of the options. */
  readonly sources?: readonly CertificateSource[];
  /** The program's vault, for the source vault-pki. */
  readonly vaultSigner?: VaultSigner;
  /** Milliseconds since the epoch; tests move it. */
  readonly now?: () => number;
}

/** The TLS side of a service. */
export interface Tls {
  /**
   * The complete options of a listener.
   *
   * @param clientCertificates whether this listener asks for client certificates, where it is to differ from the options
   */
  serverOptions(clientCertificates?: ClientCertificateOptions['mode']): SecureContextOptions & ServerOptions;
  /**
   * Keeps a listener's certificate current from now on, probes it, and lets the sources begin their work: call it when the service
   * listens, its plain-HTTP gate included. Returns what ends that.
   */
  attach(server: Server): () => void;
  /**
   * The server to listen with: `server` itself, or, where a balancer ends TLS, the front that takes connections of listed balancers
   * only and hands them over to it.
   */
  front<S extends NetServer>(server: S): S | NetServer;
  /** Where a balancer ends TLS: how it tells about its clients. */
  readonly proxied?: ProxiedOptions;
  /** For the plain-HTTP gate: the answer to an ACME challenge. */
  challenge(token: string): Promise<string | undefined>;
  /** Who calls, by client certificate and the rules of the options; undefined for nobody. `request.socket`, of HTTP/2 too. */
  clientIdentity(socket: unknown): ClientIdentity | undefined;
  /**
   * For calls to others by mutual TLS: `createHttpClient({ clientCertificate: () => tls.clientCertificate() })`. The identity of the
   * options, or else the first certificate.
   *
   * @throws TlsError while there is none, or when it is for servers alone
   */
  clientCertificate(): CertificateMaterial;
  /** For HealthRegistry.register('tls', () => tls.check()). @throws TlsError while not ready */
  check(): void;
  /** What is served now, for metrics and status. */
  snapshot(): TlsSnapshot;
  /** Asks every source again and probes every listener now; resolves when that is done. */
  refresh(): Promise<void>;
  readonly caFile?: string;
  readonly trustHint?: readonly string[];
  /** The first certificate. */
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
