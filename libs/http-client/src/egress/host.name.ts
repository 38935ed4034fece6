// Hosts as they are compared: one spelling each, made by the WHATWG URL parser, which also connects. Numbers in decimal, octal or
// hexadecimal, full-width digits and look-alike letters become what they stand for before the allow-list sees them (CWE-918, CWE-1007).
import { EgressRefusedError, RequestRefusedError } from '../http-client.error.ts';

/**
 * The key `host:port` of an entry of the allow-list, or what is wrong with it.
 */
export function readHostEntry(text: string): { key: string } | { wrong: string } {
  if (/[^\x21-\x7e]/.test(text)) return { wrong: 'write the name in its ASCII form (xn--…), without blanks' };
  if (text.includes('*')) return { wrong: 'write each host: a wildcard would let in whoever can get a name below it' };
  const url = /[/\\?#@]/.test(text) ? null : URL.parse(`https://${text}`);
  if (!url) return { wrong: 'write a host, or host:port, such as api.example.com:8443 or [2001:db8::1]:8443' };
  const host = text.replace(/:\d+$/, '').toLowerCase();
  if (host.endsWith('.')) return { wrong: 'leave out the dot at the end' };
  if (!host.startsWith('[') && host !== url.hostname) return { wrong: `write it as ${url.hostname}` };
  return { key: keyOf(url) };
}

/** `host:port` of a URL. */
export const keyOf = (url: URL): string => `${url.hostname}:${url.port || 443}`;

/** The host as sockets know it: an IPv6 address without its brackets. */
export const bareHost = (hostname: string): string => hostname.replace(/^\[|\]$/g, '');

/**
 * Parses the URL of a call.
 *
 * @throws RequestRefusedError for what is no URL, EgressRefusedError for anything but https
 */
export function readUrl(input: string | URL): URL {
  // The parser would drop line breaks and tabs, so that the URL would be another than the one that the caller checked.
  const text = String(input);
  if ([...text].some((character) => character <= ' ' || character === '\x7f'))
    throw new RequestRefusedError(
      '(url)',
      'it holds blanks or control characters',
      'encode each part with encodeURIComponent',
    );
  const url = URL.parse(text);
  if (!url) throw new RequestRefusedError('(url)', 'it is no absolute URL', 'write https://host/path');
  const key = keyOf(url);
  if (url.protocol !== 'https:')
    throw new EgressRefusedError(url.host || '(url)', `${url.protocol} is not https`, 'call it over https://');
  if (url.username !== '' || url.password !== '')
    throw new RequestRefusedError(key, 'the URL holds credentials', 'send them in a header');
  if (url.hostname.endsWith('.')) throw new EgressRefusedError(key, 'the name ends in a dot', 'write it without');
  return url;
}
