import { X509Certificate } from 'node:crypto';
import { extensionOf, readDer, writeDer } from './der.reader.ts';
import { testAuthority } from './testing/index.ts';

describe('the reader of DER', () => {
  it.each([0, 1, 127, 128, 255, 256, 5_000])('reads %s bytes as they were written', (length) => {
    const value = Buffer.alloc(length, 7);
    expect(readDer(Buffer.concat([writeDer(4, value), writeDer(5, Buffer.alloc(0))]))).toEqual([
      { tag: 4, value },
      { tag: 5, value: Buffer.alloc(0) },
    ]);
  });

  it.each([
    ['a value cut off', '0405aabb'],
    ['a length cut off', '0482ff'],
    ['a tag alone', '04'],
    ['an indefinite length', '3080'],
    ['a length of five bytes', '04850000000001aa'],
    ['a long tag', '1f8101'],
    ['a length beyond the end', '0484ffffffff'],
  ])('refuses %s', (_what, hex) => {
    expect(() => readDer(Buffer.from(hex, 'hex'))).toThrow('no DER');
  });

  it('finds an extension by its identifier, and no other', async () => {
    const { cert } = await (await testAuthority()).issue({ names: ['a.test'] });
    const { raw } = new X509Certificate(cert);
    expect(extensionOf(raw, '551d11')?.toString('latin1')).toContain('a.test');
    expect(extensionOf(raw, '551d1e')).toBeUndefined();
  });
});
