// A PostgreSQL of the team's own, by URL. TLS is verified in full (chain and host name) unless it is explicitly given up outside
// production; the password comes from a file, so that it is in no environment, process list or crash dump (ASVS 5.0 V13.3).
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { DatabaseError } from './database.error.ts';
import type { DatabaseSettings } from './database.options.ts';
import type { ConnectionTarget } from './pool.ts';

const EXAMPLE = 'GATEHOUSE_DATABASE_URL=postgresql://user@host:5432/database';

/**
 * Reads the three variables.
 *
 * @param hasCredentials whether the user comes from a credential source where the URL names none
 * @throws DatabaseError when the URL holds a password or anything unknown, a file cannot be read, or TLS is given up in production
 */
export function serverTarget(
  env: NodeJS.ProcessEnv,
  settings: DatabaseSettings,
  production: boolean,
  hasCredentials = false,
): ConnectionTarget {
  const url = parseUrl(env.GATEHOUSE_DATABASE_URL ?? '', hasCredentials);
  if (url.username === '' && env.GATEHOUSE_DATABASE_PASSWORD_FILE) {
    throw new DatabaseError(
      'GATEHOUSE_DATABASE_PASSWORD_FILE is set, and GATEHOUSE_DATABASE_URL names no user',
      'Name the user, or unset the file: user and password then come from the secrets.',
    );
  }
  if (settings.insecureWithoutTls && production) {
    throw new DatabaseError('insecureWithoutTls is refused in production', 'Remove it from the database options.');
  }
  const host = decodeURIComponent(url.hostname).replace(/^\[(.*)\]$/, '$1');
  return {
    host,
    port: Number(url.port || 5432),
    user: decodeURIComponent(url.username),
    database: decodeURIComponent(url.pathname.slice(1)),
    ssl: settings.insecureWithoutTls
      ? false
      : ({
          ca: authorities(env.GATEHOUSE_DATABASE_CA_FILE),
          minVersion: 'TLSv1.2',
          rejectUnauthorized: true,
          host,
        } as never),
    password: passwordSource(env.GATEHOUSE_DATABASE_PASSWORD_FILE),
  };
}

function parseUrl(text: string, hasCredentials: boolean): URL {
  if (!URL.canParse(text)) throw new DatabaseError('GATEHOUSE_DATABASE_URL is no URL', `Write it like ${EXAMPLE}`);
  const url = new URL(text);
  if (!/^postgres(ql)?:$/.test(url.protocol)) {
    throw new DatabaseError('GATEHOUSE_DATABASE_URL does not begin with postgresql://', `Write it like ${EXAMPLE}`);
  }
  if (url.password !== '') {
    throw new DatabaseError(
      'GATEHOUSE_DATABASE_URL holds a password, which every child process and crash report can read',
      'Take it out of the URL, change it, and put the new one into a file: GATEHOUSE_DATABASE_PASSWORD_FILE=/run/secrets/database-password',
    );
  }
  if (url.search !== '' || url.hash !== '') {
    throw new DatabaseError(
      'GATEHOUSE_DATABASE_URL has parameters (such as sslmode), which are not read: TLS is always verified',
      'Remove everything from the "?" on; name a private authority by GATEHOUSE_DATABASE_CA_FILE.',
    );
  }
  if (url.hostname === '' || (url.username === '' && !hasCredentials) || !/^\/[^/]+$/.test(url.pathname)) {
    throw new DatabaseError(
      'GATEHOUSE_DATABASE_URL lacks the host, the user or the database',
      `Write it like ${EXAMPLE}`,
    );
  }
  return url;
}

/** The private authority alone where one is named; else the public ones. */
function authorities(file: string | undefined): string | string[] {
  if (!file) return [...rootCertificates];
  const pem = read('GATEHOUSE_DATABASE_CA_FILE', () => readFileSync(file, 'utf8'));
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return pem;
  throw new DatabaseError(
    `GATEHOUSE_DATABASE_CA_FILE (${file}) holds no certificate`,
    'Name a PEM file of the authority.',
  );
}

/** Read again for each new connection: a rotated password needs no restart. */
function passwordSource(file: string | undefined): () => Promise<string> {
  if (!file) return async () => ''; // and not PGPASSWORD, which the driver would take: the environment is no place for it
  const trimmed = (text: string) => text.replace(/\r?\n$/, '');
  if (trimmed(read('GATEHOUSE_DATABASE_PASSWORD_FILE', () => readFileSync(file, 'utf8'))) === '') {
    throw new DatabaseError(`GATEHOUSE_DATABASE_PASSWORD_FILE (${file}) is empty`, 'Write the password into it.');
  }
  return async () => trimmed(await readFile(file, 'utf8'));
}

function read(setting: string, from: () => string): string {
  try {
    return from();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new DatabaseError(
      `${setting} cannot be read (${code})`,
      'Correct the path, or give this user the right to read it.',
      {
        cause: error,
      },
    );
  }
}
