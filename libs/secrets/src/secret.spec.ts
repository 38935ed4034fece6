import { format, inspect } from 'node:util';
import { Secret } from './secret.ts';

const CANARY = 'canary-4f9a1c';
const secret = new Secret({ password: CANARY, bytes: Buffer.from(CANARY) });

describe('Secret', () => {
  it.each([
    ['a template string', () => `${secret}`],
    ['String()', () => String(secret)],
    ['concatenation', () => '' + secret],
    ['JSON', () => JSON.stringify({ a: [secret] })],
    ['util.inspect', () => inspect({ a: [secret] }, { depth: 9, showHidden: true })],
    ['util.inspect without its hook', () => inspect(secret, { customInspect: false, showHidden: true, getters: true })],
    ['console formats', () => format('%s %o %O %j %d', secret, secret, secret, secret, secret)],
    ['an error', () => inspect(new Error(`no ${secret}`, { cause: secret }))],
    ['its keys and values', () => JSON.stringify([Object.entries(secret), { ...secret }])],
  ])('shows nothing in %s', (_where, show) => {
    expect(show()).not.toMatch(/canary/);
  });

  it('refuses to be cloned', () => {
    expect(() => structuredClone(secret)).toThrow(/could not be cloned/);
    expect(() => structuredClone({ deep: [secret] })).toThrow(/could not be cloned/);
  });

  it('is revealed by reveal() alone, in under 1 µs', () => {
    expect(secret.reveal().password).toBe(CANARY);
    const rounds = 1_000_000;
    let length = 0;
    for (let i = 0; i < rounds; i++) length += secret.reveal().password.length;
    const started = performance.now();
    for (let i = 0; i < rounds; i++) length += secret.reveal().password.length;
    const perCall = ((performance.now() - started) * 1000) / rounds;
    expect(length).toBe(2 * rounds * CANARY.length);
    expect(perCall).toBeLessThan(1);
  });
});
