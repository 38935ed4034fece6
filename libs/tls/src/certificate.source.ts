// Where a certificate comes from: one small interface, so that files, a development CA, ACME and a vault are tried in an order that
// configuration says, and none of them is trusted to hand over what the listener then serves unchecked.
import type { EmitTlsEvent } from './tls.event.ts';

/** A chain and its key, PEM. */
export interface CertificateMaterial {
  /** The leaf first, then its intermediates, without the root. */
  readonly cert: string;
  /** PKCS #8, PKCS #1 or SEC 1; not encrypted. */
  readonly key: string;
}

/** How the renewal of a source goes. Times in milliseconds since the epoch. */
export interface RenewalState {
  /** In a row, since the last success. */
  readonly failures: number;
  readonly lastError?: string;
  /** When it is to be renewed. */
  readonly dueAt?: number;
  /** When that is tried next: later than `dueAt` after a failure. */
  readonly nextAttemptAt?: number;
}

/** A source of one certificate. */
export interface CertificateSource {
  /** Shown in `gatehouse certs status` and in events: `files`, `mkcert`, `embedded`, `acme`, … */
  readonly name: string;
  /** The files that its material is in, for messages. */
  readonly origin?: string;
  /**
   * The newest complete material. Reads what is stored and makes no call that can hang: serving starts while a CA is down.
   *
   * @returns undefined while there is none yet, but {@link onChange} will tell
   * @throws TlsError naming the file, the setting or the CA, and the remedy
   */
  current(): Promise<CertificateMaterial | undefined>;
  /**
   * Called before anything listens, where nothing has a certificate yet: has one now, or sees that there can be one. Waits as long as
   * the options say for a CA that does not answer yet.
   *
   * @throws TlsError naming the folder, the setting or the CA, and the remedy
   */
  prepare?(): Promise<void>;
  /** Called after each change; the listener calls {@link current}. Returns what ends that. */
  onChange(listener: () => void): () => void;
  /** Begins work that needs the plain-HTTP gate to be listening (ordering, renewing). Called once; must not throw. */
  start?(): void;
  /**
   * The key authorization (RFC 8555 §8.3) for a token of `/.well-known/acme-challenge/<token>`, or undefined for an unknown one.
   * The gate has already held the token against the base64url alphabet (at most 128 characters). Replicas that share a folder
   * answer for each other, hence the promise.
   */
  challenge?(token: string): Promise<string | undefined>;
  /** The CA that clients have to be told to trust, as a file; undefined where they know it already. */
  readonly caFile?: string;
  /** How to trust it, in lines for people. */
  readonly trustHint?: readonly string[];
  /** Where the source renews by itself: how that goes. */
  readonly renewal?: RenewalState;
  /** Ends watching and background work. */
  close(): Promise<void>;
}

/** What a source works with. */
export interface SourceContext {
  readonly service: string;
  /** Where state is kept: `.gatehouse/`; a source takes `<stateFolder>/<service>/tls/` or a folder below it. */
  readonly stateFolder: string;
  /** DNS names (a wildcard may lead) and IP addresses that the certificate has to cover. */
  readonly names: readonly string[];
  readonly production: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** Milliseconds since the epoch; tests move it. */
  readonly now: () => number;
  readonly emit: EmitTlsEvent;
}
