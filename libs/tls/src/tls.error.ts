// An error of the start: what is wrong with the certificate, and the remedy.

/** The certificate cannot be served; the message names the path or the setting, and the remedy. */
export class TlsError extends Error {
  override readonly name = 'TlsError';
  readonly remedy = true;
}
