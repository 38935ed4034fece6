import { claimedAccount } from './claimed.account.ts';

const NOW = Date.UTC(2026, 0, 1);
const token = (claims: object) => `h.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.s`;
const bearer = (value: string) => claimedAccount({ authorization: `Bearer ${value}` }, NOW);

describe('claimedAccount', () => {
  it('names the user of Basic, the subject of a token, and nothing of a password', () => {
    const basic = `Basic ${Buffer.from('ada@example.test:pass word').toString('base64')}`;
    expect(claimedAccount({ authorization: basic }, NOW)).toBe('ada@example.test');
    expect(bearer(token({ sub: 'ada', exp: NOW / 1_000 + 60 }))).toBe('ada');
  });

  it('does not count a token that has expired, nor a request without a credential', () => {
    expect(bearer(token({ sub: 'ada', exp: NOW / 1_000 - 1 }))).toBeUndefined();
    expect(claimedAccount({}, NOW)).toBeUndefined();
  });

  it('tells keys apart without keeping them', () => {
    const one = claimedAccount({ 'x-api-key': 'gh_live_aaaaaaaaSECRET' }, NOW);
    expect(one).toMatch(/^key [0-9a-f]{16}$/);
    expect(claimedAccount({ 'x-api-key': 'gh_live_bbbbbbbbSECRET' }, NOW)).not.toBe(one);
  });

  it('lets no account break a line, or be long', () => {
    expect(bearer(token({ sub: 'a\r\nadmin\u001b[31m' }))).toBe('a??admin??31m');
    expect(bearer(token({ sub: 'x'.repeat(5_000) }))).toHaveLength(64);
    expect(bearer(`a.${'!'.repeat(50)}.c`)).toMatch(/^key /);
  });
});
