import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { defineSecrets } from './define-secrets.ts';
import { bytes, databaseCredentials, json, keyring, text, url } from './secret.kinds.ts';

const key = randomBytes(32);

describe('the kinds of secret', () => {
  it.each([
    ['base64', key.toString('base64')],
    ['base64url', key.toString('base64url')],
    ['hex', key.toString('hex')],
    ['base64 with the newline of an editor', `${key.toString('base64')}\n`],
    ['raw', key],
  ])('bytes(32) reads %s', (_form, held) => {
    expect(Buffer.from(bytes(32).parse({ text: held })).equals(key)).toBe(true);
  });

  it.each([
    ['16 bytes for 32', { text: randomBytes(16).toString('base64') }, /16 bytes, and 32/],
    ['one byte repeated', { text: Buffer.alloc(32).toString('base64') }, /one byte repeated/],
    ['no text', { fields: { other: 'x' } }, /field "value"/],
    ['another alphabet', { text: '!'.repeat(44) }, /neither base64 nor hex/],
  ])('bytes(32) refuses %s', (_what, raw, reason) => {
    expect(() => bytes(32).parse(raw)).toThrow(reason);
  });

  it.each(['changeme', 'CHANGE_ME', 'password', 'todo', 'xxxxxxxxxxxxxxxx', '${API_KEY}', '<your key here>'])(
    'text() refuses the placeholder %s',
    (placeholder) => {
      expect(() => text({ minLength: 1 }).parse({ text: placeholder })).toThrow(/placeholder/);
    },
  );

  it('url() refuses plain HTTP', () => {
    expect(() => url().parse({ text: 'http://example.com/hook' })).toThrow(/no https/);
  });

  it('never repeats the value that it refuses', () => {
    const schema = z.strictObject({ pin: z.string().regex(/^\d+$/) });
    for (const parse of [
      () => json(schema).parse({ fields: { pin: 'canary-77' } }),
      () => json(schema).parse({ text: '{"pin":"canary-77"' }),
      () => bytes(32).parse({ text: 'canary-77' }),
      () => url().parse({ text: 'canary-77' }),
      () => text().parse({ text: 'canary-77' }),
      () => databaseCredentials({ role: 'api' }).parse({ fields: { username: 'canary-77' } }),
    ]) {
      expect(parse).toThrow();
      expect(parse).not.toThrow(/canary/);
    }
  });

  it('keyring() keeps its order, newest first', () => {
    const keys = [randomBytes(32), randomBytes(32)].map((one) => one.toString('base64'));
    const read = keyring(32).parse({ fields: { value: JSON.stringify(keys) } });
    expect(read.map((one) => Buffer.from(one).toString('base64'))).toEqual(keys);
  });

  it('defineSecrets() refuses a name that is not camelCase, and a value in place of a declaration', () => {
    expect(() => defineSecrets({ 'token-key': bytes(32) })).toThrow(/camelCase/);
    expect(() => defineSecrets({ token: 'hunter2' as never })).toThrow(/no declaration/);
  });

  it('refuses an unknown option', () => {
    expect(() => bytes(32, { maxStale: 3 } as never)).toThrow(/maxStale/);
  });
});
