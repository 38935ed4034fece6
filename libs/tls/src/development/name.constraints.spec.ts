import { X509Certificate } from 'node:crypto';
import { issueAuthority } from './issue.certificate.ts';
import { permits, permittedNames } from './name.constraints.ts';

const permittedBy = async (names: string[]) =>
  permittedNames(new X509Certificate((await issueAuthority(names, Date.now())).cert).raw);

describe('name constraints', () => {
  it('are read as they were written', async () => {
    const names = ['localhost', 'shop.example.com', '127.0.0.1', '::1', 'fd00:1::2'];
    expect(await permittedBy(names)).toEqual(names);
  });

  it('are read when they are long', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `service-${index}.some-long-name.example.com`);
    expect(await permittedBy(names)).toEqual(names);
  });

  it('permit what is below a name, and nothing beside it', () => {
    expect(permits(['example.com', 'localhost'], 'api.example.com')).toBe(true);
    expect(permits(['example.com'], '*.example.com')).toBe(true);
    expect(permits(['example.com'], 'badexample.com')).toBe(false);
    expect(permits(['example.com'], 'com')).toBe(false);
    expect(permits(['127.0.0.1'], '127.0.0.2')).toBe(false);
    expect(permits(['::1'], '0:0:0:0:0:0:0:1')).toBe(true);
    expect(permits(['0.0.0.1'], '10.0.0.1')).toBe(false);
  });
});
