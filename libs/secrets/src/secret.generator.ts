// Random values for the laptop store, so that `npm start` needs nobody to invent a password.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';

/** How a value is made anew; kept beside the value, so that `gatehouse secrets rotate` knows. */
export const generatorSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('bytes'), size: z.int() }),
  z.strictObject({ kind: z.literal('text'), size: z.int() }),
  z.strictObject({ kind: z.literal('keyring'), size: z.int() }),
  z.strictObject({ kind: z.literal('credentials'), username: z.string() }),
]);

/** See {@link generatorSchema}. */
export type Generator = z.output<typeof generatorSchema>;

/** A new value as text; a keyring keeps its former keys behind the new one. */
export function generate(generator: Generator, former?: string): string {
  switch (generator.kind) {
    case 'bytes':
      return randomBytes(generator.size).toString('base64');
    case 'text':
      return randomBytes(generator.size).toString('base64url');
    case 'keyring':
      return JSON.stringify([randomBytes(generator.size).toString('base64'), ...formerKeys(former)]);
    case 'credentials':
      return JSON.stringify({ username: generator.username, password: randomBytes(24).toString('base64url') });
  }
}

const formerKeys = (former: string | undefined) =>
  former === undefined ? [] : z.array(z.string()).parse(JSON.parse(former));
