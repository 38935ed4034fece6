// A CA or a vault did not give a certificate: tried again later, while the last good one is served.
import { TlsError } from '../tls.error.ts';

/** The message names what was asked, what was answered, and the remedy. */
export class IssuerError extends TlsError {
  /** @param retryAfterMs not before this long, where the CA said so, in milliseconds */
  constructor(
    message: string,
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}
