import { randomBytes } from 'node:crypto';
import { Secret } from '../secret.ts';
import { keyringWrapper } from './data-key.wrapper.ts';
import { createFieldCipher } from './field.cipher.ts';

const place = { table: 'accounts', column: 'holder', row: '1' };
const keys = [randomBytes(32)];
const indexKey = new Secret<Uint8Array>(randomBytes(32));
const make = (more = {}) =>
  createFieldCipher({ wrapper: keyringWrapper(() => new Secret(keys)), indexKey: () => indexKey, ...more });

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
    for (let at = 0; at < stored.length - 1; at++) {
      const changed = stored.slice(0, at) + (stored[at] === 'A' ? 'B' : 'A') + stored.slice(at + 1);
      await expect(cipher.decrypt(changed, place)).rejects.toMatchObject({ code: 'field-undecipherable' });
    }
  });

  it('reads what a former key of the keyring wrapped, and not what a stranger did', async () => {
    const stored = await make().encrypt('Ada', place);
    keys.unshift(randomBytes(32));
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

  it('finds equal texts of one column by their index, and tells nothing across columns', () => {
    const cipher = make();
    expect(cipher.blindIndex('Ada', place)).toBe(make().blindIndex('Ada', place));
    expect(cipher.blindIndex('Ada', place)).not.toBe(cipher.blindIndex('Bob', place));
    expect(cipher.blindIndex('Ada', place)).not.toBe(cipher.blindIndex('Ada', { ...place, column: 'note' }));
  });
});
