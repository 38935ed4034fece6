// Which server, and how it is proved to be it: TLS verified in full, the password from a file (ASVS 5.0 V13.3), so that it is in no
// environment, process list or crash dump.
import { readFileSync } from 'node:fs';
import { rootCertificates, type ConnectionOptions } from 'node:tls';
import { RateLimitError } from '../rate-limit.error.ts';
import type { RateLimitSettings } from '../rate-limit.options.ts';

type ValkeySettings = NonNullable<RateLimitSettings['valkey']>;

/** What a connection is made with. */
export interface ValkeyTarget {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly db: number;
  readonly tls?: ConnectionOptions;
  /** Read again for each connection: a rotated password needs no restart. */
  readonly password: () => string | undefined;
}

const EXAMPLE = 'GATEHOUSE_RATE_LIMIT_VALKEY_URL=valkeys://user@host:6379';

/** @throws RateLimitError when the URL holds a password or cannot be read, or TLS is given up in production */
export function valkeyTarget(settings: ValkeySettings, production: boolean): ValkeyTarget {
  const url = parseUrl(settings.url);
  const encrypted = /^(valkeys|rediss):$/.test(url.protocol);
  if (!encrypted && (production || !settings.insecureWithoutTls)) {
    throw new RateLimitError(
      `${url.protocol}// carries the password and every caller's address in clear`,
      production ? `Write ${EXAMPLE}.` : `Write ${EXAMPLE}, or set insecureWithoutTls outside production.`,
    );
  }
  const host = decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1');
  return {
    host,
    port: Number(url.port || 6379),
    username: url.username === '' ? undefined : decodeURIComponent(url.username),
    db: Number(url.pathname.slice(1) || 0),
    tls: encrypted
      ? {
          ca: authorities(settings.caFile),
          minVersion: 'TLSv1.2',
          rejectUnauthorized: true,
          servername: serverName(host),
        }
      : undefined,
    password: passwordFrom(settings.passwordFile),
  };
}

/** RFC 6066 §3: an address is no server name. */
const serverName = (host: string) => (/^[\d.]+$|:/.test(host) ? '' : host);

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^(valkeys?|rediss?):$/.test(url.protocol) || url.hostname === '' || !/^\/?\d{0,2}$/.test(url.pathname))
    throw new RateLimitError('the URL of Valkey cannot be read', `Write it like ${EXAMPLE}.`);
  if (url.password !== '') {
    throw new RateLimitError(
      'the URL of Valkey holds a password, which every child process and crash report can read',
      'Take it out, change it, and put the new one into a file: GATEHOUSE_RATE_LIMIT_VALKEY_PASSWORD_FILE=/run/secrets/valkey.',
    );
  }
  if (url.search !== '' || url.hash !== '')
    throw new RateLimitError('the URL of Valkey has parameters, which are not read', 'Remove all from the "?" on.');
  return url;
}

function authorities(file: string | undefined): string | string[] {
  if (!file) return [...rootCertificates];
  const pem = read('GATEHOUSE_RATE_LIMIT_VALKEY_CA_FILE', file);
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new RateLimitError(`${file} holds no certificate`, 'Name a PEM file in GATEHOUSE_RATE_LIMIT_VALKEY_CA_FILE.');
}

function passwordFrom(file: string | undefined): () => string | undefined {
  if (!file) return () => undefined;
  const password = () => read('GATEHOUSE_RATE_LIMIT_VALKEY_PASSWORD_FILE', file).replace(/\r?\n$/, '');
  if (password() === '') throw new RateLimitError(`${file} is empty`, 'Write the password of Valkey into it.');
  return password;
}

function read(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new RateLimitError(`${file} cannot be read`, `Correct ${setting}.`, { cause: error });
  }
}
