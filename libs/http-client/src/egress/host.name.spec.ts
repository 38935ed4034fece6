import { readHostEntry, readUrl } from './host.name.ts';

describe('readHostEntry', () => {
  it.each([
    ['api.example.com', 'api.example.com:443'],
    ['API.example.com:8443', 'api.example.com:8443'],
    ['127.0.0.1:8443', '127.0.0.1:8443'],
    ['[::1]:8443', '[::1]:8443'],
    ['xn--pple-43d.com', 'xn--pple-43d.com:443'],
  ])('%s is %s', (text, key) => {
    expect(readHostEntry(text)).toEqual({ key });
  });

  it.each([
    ['2130706433', /write it as 127\.0\.0\.1/],
    ['0x7f.1', /write it as 127\.0\.0\.1/],
    ['0177.0.0.1', /write it as 127\.0\.0\.1/],
    ['127.1:8443', /write it as 127\.0\.0\.1/],
    ['example.com.', /dot at the end/],
    ['example.com.:8443', /dot at the end/],
    ['*.example.com', /wildcard/],
    ['аpple.com', /xn--/],
    ['１２７.0.0.1', /xn--/],
    ['https://example.com', /write a host/],
    ['example.com/path', /write a host/],
    ['user@example.com', /write a host/],
    ['example.com:99999', /write a host/],
    ['', /write a host/],
    ['a b', /ASCII/],
  ])('refuses %s', (text, wrong) => {
    expect(readHostEntry(text)).toEqual({ wrong: expect.stringMatching(wrong) });
  });
});

describe('readUrl', () => {
  it.each([
    ['http://example.com', /http: is not https/],
    ['ftp://example.com', /ftp: is not https/],
    ['file:///etc/passwd', /file: is not https/],
    ['https://user:secret@example.com', /credentials/],
    ['https://example.com./', /ends in a dot/],
    ['https://example.com/a\r\nb', /control characters/],
    ['https://example.com/a b', /blanks/],
    ['https://exa\tmple.com/', /control characters/],
    ['/path', /no absolute URL/],
    ['https://', /no absolute URL/],
  ])('refuses %j', (text, message) => {
    let said = '';
    try {
      readUrl(text);
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toMatch(message);
    expect(said).not.toContain('secret');
  });
});
