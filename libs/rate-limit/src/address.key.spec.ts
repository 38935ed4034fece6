import { addressKeys } from './address.key.ts';

describe('addressKeys', () => {
  const key = addressKeys({ ipv4Bits: 32, ipv6Bits: 64 });

  it('takes every address of an IPv6 /64 as one caller', () => {
    const keys = ['2001:db8:1:2::1', '2001:0db8:0001:0002:ffff::', '2001:DB8:1:2:3:4:5:6', '2001:db8:1:2::1%eth0'];
    expect(new Set(keys.map(key))).toEqual(new Set(['2001:db8:1:2::/64']));
    expect(key('2001:db8:1:3::1')).not.toBe(key('2001:db8:1:2::1'));
  });

  it('takes an IPv4 address written in IPv6 as the IPv4 caller', () => {
    for (const text of ['::ffff:192.0.2.1', '::FFFF:c000:0201', '0:0:0:0:0:ffff:192.0.2.1'])
      expect(key(text)).toBe('192.0.2.1');
  });

  it('has one key for what is no address', () => {
    for (const text of [undefined, '', '1:2', '::1::2', 'x:y', '1:2:3:4:5:6:7:8:9']) expect(key(text)).toBe('unknown');
  });

  it('takes other prefixes', () => {
    expect(addressKeys({ ipv4Bits: 24, ipv6Bits: 56 })('203.0.113.77')).toBe('203.0.113.0/24');
    const key56 = addressKeys({ ipv4Bits: 32, ipv6Bits: 56 });
    expect(key56('2001:db8:1:2ff::1')).toBe(key56('2001:db8:1:200::9'));
    expect(key56('2001:db8:1:3ff::1')).not.toBe(key56('2001:db8:1:200::9'));
    expect(addressKeys({ ipv4Bits: 32, ipv6Bits: 128 })('::1')).toBe('0:0:0:0:0:0:0:1');
  });

  it('never puts a brace into a key', () => {
    for (const text of ['{a}', 'a{:b', '{:}'])
      expect(addressKeys({ ipv4Bits: 32, ipv6Bits: 64 })(text)).not.toMatch(/[{}]/);
  });
});
