import { randomBytes } from 'node:crypto';
import { ProblemError } from '@gatehouse/problem-details';
import { Secret } from '../secret.ts';
import { keyringWrapper } from './data-key.wrapper.ts';
import { createFieldCipher } from './field.cipher.ts';

const place = { table: 'accounts', column: 'holder', row: '1' };
const keys = [randomBytes(32)];
const indexKeys = [randomBytes(32)];
let ring = new Secret<readonly Uint8Array[]>(keys);
const make = (more = {}) =>
  createFieldCipher({ wrapper: keyringWrapper(() => ring), indexKeys: () => new Secret(indexKeys), ...more });

describe('the field cipher', () => {
  it('reads what it wrote, also in another process', async () => {
    const stored = await make().encrypt('Ada Lövelace', place);
    expect(stored).not.toContain('Ada');
    expect(await make().decrypt(stored, place)).toBe('Ada Lövelace');
  });

  it.each([{ row: '2' }, { column: 'note' }, { table: 'transfers' }])('refuses a value copied to %j', async (other) => {
    const stored = await make().encrypt('Ada', place);
    await expect(make().decrypt(stored, { ...place, ...other })).rejects.toMatchObject({
      code: 'field-undecipherable',
    });
  });

  it('refuses a value with any character changed', async () => {
    const cipher = make();
    const stored = await cipher.encrypt('Ada', place);
    for (let at = 0; at < stored.length; at++) {
      const changed = stored.slice(0, at) + (stored[at] === 'A' ? 'B' : 'A') + stored.slice(at + 1);
      await expect(cipher.decrypt(changed, place)).rejects.toMatchObject({ code: 'field-undecipherable' });
    }
  });

  it('reads what a former key of the keyring wrapped, and not what a stranger did', async () => {
    const stored = await make().encrypt('Ada', place);
    keys.unshift(randomBytes(32));
    ring = new Secret([...keys]);
    expect(await make().decrypt(stored, place)).toBe('Ada');
    const stranger = createFieldCipher({ wrapper: keyringWrapper(() => new Secret([randomBytes(32)])) });
    await expect(stranger.decrypt(stored, place)).rejects.toMatchObject({ code: 'field-undecipherable' });
  });

  it('uses one data key for many values, and a new one after its limit', async () => {
    const cipher = make({ valuesPerKey: 2 });
    const stored = await Promise.all(['a', 'b', 'c'].map((text) => cipher.encrypt(text, place)));
    expect(new Set(stored.map((text) => text.split('.')[1])).size).toBe(2);
    expect(new Set(stored).size).toBe(3);
  });

  it('after a rotation wraps with the newest key, and no longer opens what a key wrapped that was taken away', async () => {
    const [first, second] = [randomBytes(32), randomBytes(32)];
    ring = new Secret([first]);
    const cipher = make();
    const before = await cipher.encrypt('Ada', place);
    ring = new Secret([second, first]);
    const after = await cipher.encrypt('Ada', place);
    expect(await cipher.decrypt(before, place)).toBe('Ada');
    ring = new Secret([second]);
    expect(await cipher.decrypt(after, place)).toBe('Ada');
    await expect(cipher.decrypt(before, place)).rejects.toMatchObject({ code: 'field-undecipherable' });
  });

  it('neither reads nor writes while its keys may not be used, whatever it opened before', async () => {
    let usable = true;
    const keysNow = () => {
      if (usable) return ring;
      throw new ProblemError('dependency-unavailable');
    };
    const cipher = make({ wrapper: keyringWrapper(keysNow), indexKeys: keysNow });
    const stored = await cipher.encrypt('Ada', place);
    usable = false;
    const refused = { code: 'dependency-unavailable' };
    await expect(cipher.decrypt(stored, place)).rejects.toMatchObject(refused);
    await expect(cipher.encrypt('Ada', place)).rejects.toMatchObject(refused);
    expect(() => cipher.blindIndexes('Ada', place)).toThrow(expect.objectContaining(refused));
  });

  it('finds by every key what was indexed before a rotation, however its accents are composed', () => {
    const cipher = make();
    const before = cipher.blindIndex('L\u00f6vlace', place);
    indexKeys.unshift(randomBytes(32));
    expect(cipher.blindIndexes('Lo\u0308vlace', place)).toEqual([cipher.blindIndex('L\u00f6vlace', place), before]);
    expect(cipher.blindIndexes('Lovlace', place)).not.toContain(before);
  });

  it('finds equal texts of one column by their index, and tells nothing across columns', () => {
    const cipher = make();
    expect(cipher.blindIndex('Ada', place)).toBe(make().blindIndex('Ada', place));
    expect(cipher.blindIndex('Ada', place)).not.toBe(cipher.blindIndex('Bob', place));
    expect(cipher.blindIndex('Ada', place)).not.toBe(cipher.blindIndex('Ada', { ...place, column: 'note' }));
  });
});
