// The kinds of secret that a service can declare.
import { z } from 'zod';
import {
  type IsOptional,
  type RotationHook,
  type SecretDeclaration,
  type SecretOptions,
  secretOptionsSchema,
} from './secret.declaration.ts';
import { bytesOf, fieldsOf, parseWith, refusePlaceholder, SecretFormatError, textOf } from './secret.format.ts';
import type { Generator } from './secret.generator.ts';
import type { RawSecret } from './secret.store.ts';

function declare<T, const O extends SecretOptions<T>>(
  kind: string,
  options: O | undefined,
  parse: (raw: RawSecret) => T,
  extra: { generator?: Generator; role?: string } = {},
): SecretDeclaration<T, IsOptional<O>> {
  const { onRotate, optional, ...rest } = secretOptionsSchema.parse(options ?? {});
  const hook = onRotate as RotationHook<T> | undefined;
  return { ...rest, ...extra, kind, parse, optional: optional as IsOptional<O>, ...(hook ? { onRotate: hook } : {}) };
}

/** A key of exactly `size` bytes (at least 16): raw in a file, else base64 or hex. */
export function bytes<const O extends SecretOptions<Uint8Array>>(size: number, options?: O) {
  if (!Number.isInteger(size) || size < 16 || size > 4096) throw new RangeError('bytes(n): 16 to 4096');
  const generator = { kind: 'bytes', size } as const;
  return declare<Uint8Array, O>(`bytes(${size})`, options, (raw) => bytesOf(raw, size), { generator });
}

/** A password or an API key: at least `minLength` characters (16 by default). */
export function text<const O extends SecretOptions<string> & { minLength?: number }>(options?: O) {
  const { minLength = 16, ...rest } = options ?? ({} as O);
  const schema = z.string().min(minLength);
  const generator = { kind: 'text', size: Math.max(32, minLength) } as const;
  return declare<string, O>('text', rest as never, (raw) => parseWith(schema, refusePlaceholder(textOf(raw))), {
    generator,
  });
}

/** An address that is itself a secret, such as a webhook's. https only. */
export function url<const O extends SecretOptions<URL>>(options?: O) {
  return declare<URL, O>('url', options, (raw) => {
    const parsed = URL.parse(textOf(raw));
    if (parsed?.protocol !== 'https:') throw new SecretFormatError('is no https:// address');
    return parsed;
  });
}

/** Several values that belong together; each KV field is a property. */
export function json<T, const O extends SecretOptions<T>>(schema: z.ZodType<T>, options?: O) {
  return declare<T, O>('json', options, (raw) => parseWith(schema, fieldsOf(raw)));
}

/**
 * Keys of `size` bytes, newest first, as a JSON array (KV: field `value`): a rotation adds one in front, and what was made with a
 * former key stays readable, also after a restart. For field encryption and for signatures that outlive a deployment.
 */
export function keyring<const O extends SecretOptions<readonly Uint8Array[]>>(size: number, options?: O) {
  const keys = z.array(z.string()).min(1).max(1000);
  const parse = (raw: RawSecret) => {
    const value = 'fields' in raw && typeof raw.fields.value !== 'string' ? raw.fields.value : undefined;
    const list = parseWith(keys, value ?? fieldsOf({ text: textOf(raw) }));
    return list.map((key) => bytesOf({ text: key }, size)) as readonly Uint8Array[];
  };
  return declare<readonly Uint8Array[], O>(`keyring(${size})`, options, parse, {
    generator: { kind: 'keyring', size },
  });
}

/** A user of the database, for as long as a lease lasts. */
export interface DatabaseCredentials {
  readonly username: string;
  readonly password: string;
}

const credentials = z.object({ username: z.string().min(1), password: z.string().min(1) });

/** Dynamic credentials: from the vault's database engine, role `role`; static ones (JSON) from the other stores. */
export function databaseCredentials<const O extends SecretOptions<DatabaseCredentials> & { role: string }>(options: O) {
  const { role, ...rest } = options;
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(role)) throw new RangeError('databaseCredentials: a role of A–Z a–z 0–9 _ -');
  const parse = (raw: RawSecret): DatabaseCredentials => parseWith(credentials, fieldsOf(raw));
  const generator = { kind: 'credentials', username: role } as const;
  return declare<DatabaseCredentials, O>('database', rest as never, parse, { generator, role });
}
