// Which server, and how it is proved to be it: TLS verified in full, the password from a file (ASVS 5.0 V13.3), so that it is in no
// environment, process list or crash dump. Files are read for each connection: what was rotated needs no restart.
import { readFileSync } from 'node:fs';
import { createSecureContext, rootCertificates, type ConnectionOptions } from 'node:tls';
import { policyOptions } from '@gatehouse/tls';
import { ValkeyError } from './valkey.error.ts';
import type { ValkeySettings } from './valkey.options.ts';

/** What a connection is made with. */
export interface ValkeyTarget {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly db: number;
  /** Reads its files anew. @throws ValkeyError */
  readonly tls: () => ConnectionOptions | undefined;
  readonly password: () => string | undefined;
}

const EXAMPLE = 'GATEHOUSE_VALKEY_URL=valkeys://user@host:6379';

/** @throws ValkeyError when the URL holds a password or cannot be read, a file is wrong, or TLS is given up in production */
export function valkeyTarget(settings: ValkeySettings, production: boolean): ValkeyTarget {
  const url = parseUrl(settings.url);
  const encrypted = /^(valkeys|rediss):$/.test(url.protocol);
  if (!encrypted && (production || !settings.insecureWithoutTls)) {
    throw new ValkeyError(
      `${url.protocol}// carries the password and every caller's address in clear`,
      production ? `Write ${EXAMPLE}.` : `Write ${EXAMPLE}, or set insecureWithoutTls outside production.`,
    );
  }
  const host = decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1');
  const target: ValkeyTarget = {
    host,
    port: Number(url.port || 6379),
    username: url.username === '' ? undefined : decodeURIComponent(url.username),
    db: Number(url.pathname.slice(1) || 0),
    tls: () => (encrypted ? tlsOptions(settings, host) : undefined),
    password: passwordFrom(settings.passwordFile),
  };
  target.tls(); // a wrong file is found before anything is asked of the server
  target.password();
  return target;
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^(valkeys?|rediss?):$/.test(url.protocol) || url.hostname === '' || !/^\/?\d{0,2}$/.test(url.pathname))
    throw new ValkeyError('the URL of Valkey cannot be read', `Write it like ${EXAMPLE}.`);
  if (url.password !== '') {
    throw new ValkeyError(
      'the URL of Valkey holds a password, which every child process and crash report can read',
      'Take it out, change it, and put the new one into a file: GATEHOUSE_VALKEY_PASSWORD_FILE=/run/secrets/valkey.',
    );
  }
  if (url.search !== '' || url.hash !== '')
    throw new ValkeyError('the URL of Valkey has parameters, which are not read', 'Remove all from the "?" on.');
  return url;
}

const { minVersion, maxVersion, ciphers, ecdhCurve } = policyOptions({});

function tlsOptions(settings: ValkeySettings, host: string): ConnectionOptions {
  return {
    ...{ minVersion, maxVersion, ciphers, ecdhCurve },
    ca: authorities(settings.caFile),
    ...clientCertificate(settings),
    rejectUnauthorized: true,
    servername: serverName(host),
  };
}

function authorities(file: string | undefined): string | string[] {
  if (!file) return [...rootCertificates];
  const pem = read('GATEHOUSE_VALKEY_CA_FILE', file);
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new ValkeyError(`${file} holds no certificate`, 'Name a PEM file in GATEHOUSE_VALKEY_CA_FILE.');
}

function clientCertificate({ certFile, keyFile }: ValkeySettings): { cert?: string; key?: string } {
  if (certFile === undefined && keyFile === undefined) return {};
  if (certFile === undefined || keyFile === undefined)
    throw new ValkeyError(
      `${certFile ? 'GATEHOUSE_VALKEY_CERT_FILE without GATEHOUSE_VALKEY_KEY_FILE' : 'GATEHOUSE_VALKEY_KEY_FILE without GATEHOUSE_VALKEY_CERT_FILE'}`,
      'Set both, or neither.',
    );
  const pair = {
    cert: read('GATEHOUSE_VALKEY_CERT_FILE', certFile),
    key: read('GATEHOUSE_VALKEY_KEY_FILE', keyFile),
  };
  try {
    createSecureContext(pair);
    return pair;
  } catch (error) {
    throw new ValkeyError(
      `${certFile} and ${keyFile} are no certificate and its key`,
      'Correct GATEHOUSE_VALKEY_CERT_FILE and GATEHOUSE_VALKEY_KEY_FILE.',
      { cause: error },
    );
  }
}

/** RFC 6066 §3: an address is no server name. */
const serverName = (host: string) => (/^[\d.]+$|:/.test(host) ? '' : host);

function passwordFrom(file: string | undefined): () => string | undefined {
  if (!file) return () => undefined;
  return () => {
    const password = read('GATEHOUSE_VALKEY_PASSWORD_FILE', file).replace(/\r?\n$/, '');
    if (password === '') throw new ValkeyError(`${file} is empty`, 'Write the password of Valkey into it.');
    return password;
  };
}

function read(setting: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ValkeyError(`${file} cannot be read`, `Correct ${setting}.`, { cause: error });
  }
}
