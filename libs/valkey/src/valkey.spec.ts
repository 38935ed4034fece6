import { openValkey } from './valkey.ts';

describe('openValkey', () => {
  it.each([
    ['valkey://user@localhost:1', /in clear/],
    ['valkeys://user:hunter2@localhost:1', /holds a password/],
    ['http://localhost', /cannot be read/],
    ['valkeys://localhost/?x=1', /parameters/],
  ])('refuses %s in production, and never prints a password', async (url, message) => {
    const made = openValkey({ url, insecureWithoutTls: true }, { production: true });
    await expect(made).rejects.toThrow(message);
    await expect(made).rejects.not.toThrow(/hunter2/);
  });

  it('opens nothing where nothing names a server', async () => {
    expect(await openValkey(undefined, { env: {} })).toBeUndefined();
  });

  it.each([
    [{ GATEHOUSE_VALKEY_CA_FILE: '/ca.pem' }, /GATEHOUSE_VALKEY_CA_FILE without GATEHOUSE_VALKEY_URL/],
    [
      { GATEHOUSE_VALKEY_URL: 'valkeys://h', GATEHOUSE_VALKEY_CA_FILE: '/no/ca.pem' },
      /Correct GATEHOUSE_VALKEY_CA_FILE/,
    ],
    [
      { GATEHOUSE_VALKEY_URL: 'valkeys://h', GATEHOUSE_VALKEY_PASSWORD_FILE: '/no' },
      /Correct GATEHOUSE_VALKEY_PASSWORD/,
    ],
    [{ GATEHOUSE_VALKEY_URL: 'valkeys://h', GATEHOUSE_VALKEY_KEY_FILE: '/no' }, /without GATEHOUSE_VALKEY_CERT_FILE/],
  ])('names the variable that is wrong in %j', async (env, message) => {
    await expect(openValkey(undefined, { env })).rejects.toThrow(message);
  });
});
