// Where a redirect leads and what goes there. To another origin goes nothing that the caller meant for the first (CWE-200): an allow-list of
// headers, since nobody knows all names of credentials.
import { RedirectRefusedError } from '../http-client.error.ts';
import { keyOf } from '../egress/host.name.ts';
import type { HttpResponse } from './http.response.ts';
import type { RequestParts } from './request.parts.ts';

const TO_ANOTHER_ORIGIN = ['accept', 'accept-encoding', 'accept-language'];
const OF_THE_BODY = /^content-/;

/** Whether an answer is a redirect with a place to go to. */
export const isRedirect = ({ status, headers }: HttpResponse): boolean =>
  [301, 302, 303, 307, 308].includes(status) && headers.location !== undefined;

/**
 * The next request. Its URL still has to pass the allow-list.
 *
 * @throws RedirectRefusedError for an invalid place, or a body that would go to another origin
 */
export function followed(from: URL, response: HttpResponse, parts: RequestParts): { url: string; parts: RequestParts } {
  const url = URL.parse(response.headers.location ?? '', from.href);
  if (!url) throw new RedirectRefusedError(keyOf(from), 'it redirects to what is no URL', 'ask its operator');
  url.hash = '';
  const sameOrigin = url.origin === from.origin;
  const keepsBody = response.status === 307 || response.status === 308;
  if (!sameOrigin && keepsBody && parts.body !== undefined)
    throw new RedirectRefusedError(
      keyOf(from),
      `it redirects a body to ${url.host}`,
      'call that host itself, if it is right',
    );
  const becomesGet = !keepsBody && parts.method !== 'GET' && parts.method !== 'HEAD';
  const kept = Object.entries(parts.headers).filter(
    ([name]) => (sameOrigin || TO_ANOTHER_ORIGIN.includes(name)) && !(becomesGet && OF_THE_BODY.test(name)),
  );
  return {
    url: url.href,
    parts: {
      method: becomesGet ? 'GET' : parts.method,
      headers: Object.fromEntries(kept),
      body: becomesGet ? undefined : parts.body,
    },
  };
}
