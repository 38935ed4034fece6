// The client's own certificate for mutual TLS, looked at before it is used: a pair that does not fit would only fail at the other end.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { HttpClientConfigError } from '../http-client.error.ts';
import type { ClientCertificate, HttpClientOptions } from '../http-client.options.ts';

/** Gives the certificate of this moment. */
export type CurrentIdentity = () => Promise<ClientCertificate | undefined>;

/**
 * @throws HttpClientConfigError (the function that is returned too) when key and certificate do not belong together, or it has expired
 */
export function clientIdentityOf(given: HttpClientOptions['clientCertificate']): CurrentIdentity {
  if (given === undefined) return async () => undefined;
  if (typeof given === 'object') {
    checkPair(given);
    return async () => given;
  }
  let checked = '';
  return async () => {
    const pair = await given();
    if (pair.cert !== checked) checkPair(pair);
    checked = pair.cert;
    return pair;
  };
}

function checkPair({ cert, key }: ClientCertificate): void {
  const wrong = (what: string, remedy: string) => new HttpClientConfigError('clientCertificate', what, remedy);
  let leaf: X509Certificate;
  let fits: boolean;
  try {
    leaf = new X509Certificate(cert);
    fits = leaf.checkPrivateKey(createPrivateKey(key));
  } catch {
    throw wrong(
      'the certificate or the key is no valid PEM',
      'give the chain, its own certificate first, and an unencrypted key',
    );
  }
  if (!fits) throw wrong('the key is not the key of the certificate', 'give the pair that belongs together');
  if (leaf.validToDate.getTime() <= Date.now())
    throw wrong(`it expired on ${leaf.validToDate.toISOString()}`, 'renew it');
}
