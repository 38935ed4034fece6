import { resolveTlsOptions, tlsEnvironment } from './tls.environment.ts';
import { tlsOptionsSchema } from './tls.options.ts';

const options = tlsOptionsSchema.parse({});

describe('TLS by environment', () => {
  it('wins over the descriptor', () => {
    const own = tlsOptionsSchema.parse({ names: ['old.test'], files: [{ certFile: 'old', keyFile: 'old' }] });
    const env = {
      GATEHOUSE_TLS_NAMES: 'a.test, b.test',
      GATEHOUSE_TLS_CERT_FILE: 'a.crt,b.crt',
      GATEHOUSE_TLS_KEY_FILE: 'a.key,b.key',
    };
    expect(resolveTlsOptions(own, env)).toMatchObject({
      names: ['a.test', 'b.test'],
      files: [
        { certFile: 'a.crt', keyFile: 'a.key' },
        { certFile: 'b.crt', keyFile: 'b.key' },
      ],
    });
  });

  it('says both variables when one is missing', () => {
    expect(() => resolveTlsOptions(options, { GATEHOUSE_TLS_CERT_FILE: 'a.crt' })).toThrow(
      /set both GATEHOUSE_TLS_CERT_FILE and GATEHOUSE_TLS_KEY_FILE.*1 and 0/,
    );
  });

  it.each([
    ['GATEHOUSE_TLS_NAMES', 'not a name'],
    ['GATEHOUSE_TLS_NAMES', '-leading.test'],
    ['GATEHOUSE_TLS_SOURCES', 'magic'],
    ['GATEHOUSE_TLS_CLIENT_CERTIFICATES', 'required'],
    ['GATEHOUSE_TLS_CLIENT_CERTIFICATES', 'maybe'],
  ])('refuses %s=%s by its name', (name, value) => {
    expect(() => resolveTlsOptions(options, { [name]: value })).toThrow(`${name}=${value}`);
  });

  it('lists each variable that it reads', () => {
    expect(new Set(tlsEnvironment).size).toBe(tlsEnvironment.length);
    expect(tlsEnvironment.every((name) => name.startsWith('GATEHOUSE_TLS_'))).toBe(true);
  });

  it('has an explanation for every option', () => {
    const unexplained = Object.entries(tlsOptionsSchema.shape).filter(
      ([name, schema]) => !['reload', 'clientCertificates'].includes(name) && !schema.description,
    );
    expect(unexplained.map(([name]) => name)).toEqual([]);
  });
});
