// A CA or a vault did not give a certificate: tried again later, while the last good one is served.
import { TlsError } from '../tls.error.ts';

/** The message names what was asked, what was answered, and the remedy. */
export class IssuerError extends TlsError {
  /** Not before this long, where the CA said so, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Whether the same may succeed later without anybody's doing here. */
  readonly isTransient: boolean;

  constructor(message: string, { retryAfterMs, isTransient = false }: Partial<IssuerErrorFacts> = {}) {
    super(message);
    this.retryAfterMs = retryAfterMs;
    this.isTransient = isTransient;
  }
}

type IssuerErrorFacts = Pick<IssuerError, 'retryAfterMs' | 'isTransient'>;
