// Scripted attacks alert within ten seconds, each by the rule that is for it.
import { every, request, secondsUntil } from './traffic.script.ts';

const refusal = (account: string) => ({ status: 401, code: 'unauthenticated', refused: { account } });

describe('an attack alerts within 10 s', () => {
  it('credential stuffing: a list of accounts, each tried once', () => {
    const attack = every(100, 5, (index, at) => request(at, refusal(`user-${index}`)));
    expect(secondsUntil('credentialStuffing', attack)).toBeLessThanOrEqual(10);
  });

  it('password spraying: a few passwords over the accounts of a company', () => {
    const attack = every(60, 3, (index, at) => request(at, refusal(`user-${index % 12}`)));
    expect(secondsUntil('passwordSpraying', attack)).toBeLessThanOrEqual(10);
  });

  it('brute force on one account from one address', () => {
    const attack = every(50, 2, (_, at) => request(at, refusal('admin')));
    expect(secondsUntil('bruteForce', attack)).toBeLessThanOrEqual(10);
  });

  it('brute force on one account from many addresses, two tries each', () => {
    const attack = every(40, 2, (index, at) =>
      request(at, { ...refusal('admin'), address: `198.51.${100 + (index >> 1)}.4` }),
    );
    expect(secondsUntil('distributedBruteForce', attack)).toBeLessThanOrEqual(10);
    expect(secondsUntil('bruteForce', attack)).toBeUndefined();
  });

  it('a scanner by the paths that it asks for', () => {
    const paths = ['/.env', '/.git/config', '/wp-login.php', '/phpmyadmin/', '/actuator/env'];
    const attack = every(20, 1, (index, at) =>
      request(at, { route: undefined, path: paths[index % 5], status: 404, code: 'not-found' }),
    );
    expect(secondsUntil('scannerPath', attack)).toBeLessThanOrEqual(10);
  });

  it('a scanner by its name', () => {
    const attack = every(20, 1, (_, at) => request(at, { agent: 'sqlmap/1.8 (https://sqlmap.org)' }));
    expect(secondsUntil('scannerAgent', attack)).toBeLessThanOrEqual(10);
  });

  it('probing for routes', () => {
    const attack = every(100, 5, (index, at) => request(at, { route: undefined, path: `/api/${index}`, status: 404 }));
    expect(secondsUntil('probing', attack)).toBeLessThanOrEqual(10);
  });

  it('probing for objects of others with a valid credential', () => {
    const attack = every(100, 5, (index, at) =>
      request(at, { path: `/v1/accounts/${index}`, status: 404, principal: 'mallory' }),
    );
    expect(secondsUntil('objectProbing', attack)).toBeLessThanOrEqual(10);
  });

  it('going on after 429', () => {
    const attack = every(400, 20, (_, at) => request(at, { status: 429, code: 'rate-limited', principal: 'mallory' }));
    expect(secondsUntil('limitPressure', attack)).toBeLessThanOrEqual(10);
  });

  it('a stolen token, used while its owner goes on', () => {
    const addresses = ['203.0.113.7', '198.51.100.9'];
    const attack = every(40, 2, (index, at) =>
      request(at, { principal: 'ada', credential: 'token-1', address: addresses[index % 2] }),
    );
    expect(secondsUntil('credentialNetworks', attack)).toBeLessThanOrEqual(10);
  });

  it('administration from a network that is new', () => {
    const ordinary = every(10, 1, (_, at) => request(at, { principal: 'root', admin: true }));
    const attack = request(11, { principal: 'root', admin: true, address: '198.51.100.9' });
    expect(secondsUntil('newNetworkAdmin', [...ordinary, attack])).toBe(11);
  });

  it('a caller that takes all it can get, after minutes of ordinary use', () => {
    const usual = every(600, 2, (_, at) => request(at, { principal: 'ada' }));
    const attack = every(1_000, 50, (_, at) => request(300 + at, { principal: 'ada' }));
    expect(secondsUntil('unusualVolume', [...usual, ...attack])).toBeLessThanOrEqual(310);
  });

  it('failed handshakes by the dozen', () => {
    const attack = every(200, 20, (_, at) => ({
      kind: 'connection-refused' as const,
      at: request(at).at,
      address: '203.0.113.7',
      reason: 'tls',
    }));
    expect(secondsUntil('connectionAbuse', attack)).toBeLessThanOrEqual(10);
  });

  it('a credential in clear, and a safeguard that fails: at once', () => {
    const { at, address } = request(0);
    expect(secondsUntil('credentialExposed', [{ kind: 'credential-exposed', at, address }])).toBe(0);
    const failure = {
      kind: 'safeguard-failed' as const,
      at,
      safeguard: 'audit' as const,
      what: 'The journal is full.',
    };
    expect(secondsUntil('safeguardFailed', [failure])).toBe(0);
  });
});
