// What a service says about one secret: its type, and what happens when the place it comes from is away.
import { z } from 'zod';
import type { Generator } from './secret.generator.ts';
import type { Secret } from './secret.ts';
import type { RawSecret } from './secret.store.ts';

/** What a rotation hook is told. */
export interface Rotation<T = unknown> {
  readonly name: string;
  readonly current: Secret<T>;
  readonly previous: Secret<T> | undefined;
}

/** May take its time: the old lease is revoked only when every hook has returned. */
export type RotationHook<T = unknown> = (rotation: Rotation<T>) => void | Promise<void>;

const WEEK_SECONDS = 7 * 24 * 3600;

/** What every kind of secret takes. The empty object is valid and safe. */
export const secretOptionsSchema = z.strictObject({
  optional: z.boolean().default(false).meta({ description: 'Whether the service starts without it.' }),
  maxStaleSeconds: z.int().min(0).max(WEEK_SECONDS).default(3600).meta({
    description:
      'How long it is used while its store does not answer, in seconds; then routes that need it answer 503.',
  }),
  overlapSeconds: z.int().min(0).max(WEEK_SECONDS).default(600).meta({
    description: 'How long the value before a rotation is still accepted, in seconds.',
  }),
  path: z
    .string()
    .regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]*(\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$/, 'segments of A–Z a–z 0–9 . _ -')
    .optional()
    .meta({ description: 'Where it is below the folder or prefix of the store; by default its name.' }),
  onRotate: z
    .custom<RotationHook<never>>((value) => typeof value === 'function', 'a function')
    .optional()
    .meta({ description: 'Called with each new value.' }),
  developmentValue: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'For the laptop store, where random makes no sense (an address). Never a real one.' }),
});

type Parsed = z.output<typeof secretOptionsSchema>;

/** See {@link secretOptionsSchema}. */
export interface SecretOptions<T> extends Omit<z.input<typeof secretOptionsSchema>, 'onRotate'> {
  onRotate?: RotationHook<T>;
}

/** One declared secret; made by `bytes()`, `text()`, `url()`, `json()`, `keyring()`, `databaseCredentials()`. */
export interface SecretDeclaration<T = unknown, Optional extends boolean = boolean> extends Omit<Parsed, 'onRotate'> {
  readonly kind: string;
  readonly optional: Optional;
  /** A method, so that declarations of several types fit one record. */
  onRotate?(rotation: Rotation<T>): void | Promise<void>;
  /** How the laptop store makes one. */
  readonly generator?: Generator;
  /** The role of the vault's database engine, for dynamic credentials. */
  readonly role?: string;
  /** @throws SecretFormatError */
  parse(raw: RawSecret): T;
}

/** What is declared, by name. */
export type SecretDeclarations = Readonly<Record<string, SecretDeclaration>>;

/** The options with `optional: true` make the secret possibly undefined. */
export type IsOptional<O> = O extends { optional: true } ? true : false;

/** The type that a declaration gives. */
export type SecretOf<D> =
  D extends SecretDeclaration<infer T, infer Optional>
    ? Optional extends true
      ? Secret<T> | undefined
      : Secret<T>
    : never;

/** The type of the value that a declaration gives. */
export type ValueOf<D> = D extends SecretDeclaration<infer T> ? T : never;
