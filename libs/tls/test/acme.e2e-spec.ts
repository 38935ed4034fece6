import { X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { secured } from './fixtures/handshake.ts';
import { acmeService, type AcmeService, type AcmeServiceOptions } from './fixtures/acme.service.ts';
import { describePebble, freePort, startPebble, type Pebble } from '../src/testing/index.ts';
import { until } from './fixtures/served.ts';

describePebble('the source acme', () => {
  let folder: string;
  let gatePort: number;
  let pebble: Pebble | undefined;
  const services: AcmeService[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-acme-'));
    gatePort = await freePort();
  });
  afterEach(async () => {
    await Promise.all(services.splice(0).map((service) => service.close()));
    await pebble?.remove();
    pebble = undefined;
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (options: Partial<AcmeServiceOptions> = {}) => {
    pebble ??= await startPebble(gatePort);
    const service = await acmeService({ folder, pebble, gatePort, ...options });
    services.push(service);
    return service;
  };
  const stop = async (service: AcmeService) => {
    services.splice(services.indexOf(service), 1);
    await service.close();
  };
  /** With everything checked, against the root of the CA. */
  const served = async ({ port }: AcmeService, servername = 'api.test') => {
    const ca = await pebble?.root();
    const socket = connect({ host: '127.0.0.1', port, servername, ca });
    await secured(socket);
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  };
  /** How long its certificate lives, in milliseconds. */
  const lifetime = ({ tls }: AcmeService) => {
    const { notBefore, notAfter } = tls.describe();
    return Date.parse(notAfter) - Date.parse(notBefore);
  };
  const accountFile = async () => {
    const [ca = ''] = await readdir(join(folder, 'state/api/tls/acme'));
    return join(folder, 'state/api/tls/acme', ca, 'account.json');
  };

  it('orders a certificate for several names and serves it, the root checked', async () => {
    const service = await start({ names: ['api.test', 'www.api.test', '127.0.0.1'] });
    expect(() => service.tls.check()).toThrow('there is no certificate from acme yet');
    await service.event('certificate-swapped');
    service.tls.check();
    expect(await served(service)).toBe(await served(service, 'www.api.test'));
    expect(service.tls.describe()).toMatchObject({ source: 'acme', names: 'api.test, www.api.test, 127.0.0.1' });
    await service.event('certificate-renewed');
    expect(service.events).toHaveLength(2);
    const { dueAt = '' } = service.tls.snapshot().certificates[0]?.renewal ?? {};
    expect(Date.parse(dueAt) - Date.now()).toBeGreaterThan(0.5 * lifetime(service));
    const { cert } = service.tls.serverOptions();
    expect(new X509Certificate(cert as string).publicKey.asymmetricKeyDetails).toEqual({ namedCurve: 'prime256v1' });
    expect(pebble?.issued()).toBe(1);
  });

  it('begins again from what is stored while the CA is down, asking it for nothing', async () => {
    const before = await start();
    await before.event('certificate-swapped');
    await stop(before);
    await pebble?.stop();
    const after = await start();
    after.tls.check();
    expect(after.tls.describe().serial).toBe(before.tls.describe().serial);
    expect(after.events).toEqual([]);
  });

  it('renews shortly before a third of the lifetime is left, once, with a new key and no call failing', async () => {
    let ahead = 0;
    const service = await start({ context: { now: () => Date.now() + ahead } });
    await service.event('certificate-swapped');
    const before = service.tls.serverOptions();
    ahead = 0.6 * lifetime(service);
    await service.tls.refresh();
    expect(service.tls.snapshot().certificates[0]?.renewal).toMatchObject({ failures: 0 });
    ahead = 0.67 * lifetime(service);
    await service.tls.refresh();
    await service.event('certificate-swapped', 2);
    expect(service.tls.serverOptions().key).not.toBe(before.key);
    await served(service);
    await service.tls.refresh();
    await service.tls.refresh();
    expect(pebble?.issued()).toBe(2);
    expect(service.events.filter(({ type }) => type === 'source-failed')).toEqual([]);
  });

  it('waits at its first start for a CA that is not up yet', async () => {
    pebble = await startPebble(gatePort);
    await pebble.stop();
    const starting = start();
    await new Promise((resolve) => setTimeout(resolve, 500));
    await pebble.start();
    await (await starting).event('certificate-swapped');
  });

  it('orders nothing by a clock that went back, keeps serving, and begins again once it is right', async () => {
    let ahead = 0;
    const clock = { now: () => Date.now() + ahead };
    const service = await start({ context: clock });
    await service.event('certificate-swapped');
    ahead = -30 * 86_400_000;
    await service.tls.refresh();
    expect(await served(service)).toBe(service.tls.describe().serial);
    await stop(service);
    await expect(start({ context: clock })).rejects.toThrow(/is valid from .* only: correct the clock/);
    ahead = 0;
    (await start({ context: clock })).tls.check();
    expect(pebble?.issued()).toBe(1);
  });

  it('repeats what a refused nonce stopped', async () => {
    pebble = await startPebble(gatePort, { refusedNonces: 50 });
    const service = await start();
    await service.event('certificate-swapped');
    expect(pebble.refusedNonces()).toBeGreaterThan(0);
    expect(service.events.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  it('orders once, however many replicas share the folder, and all of them serve it', async () => {
    pebble = await startPebble(gatePort);
    const replicas = await Promise.all([start(), start({ gatePort: undefined }), start({ gatePort: undefined })]);
    await Promise.all(replicas.map((each) => each.event('certificate-swapped')));
    expect(new Set(await Promise.all(replicas.map((each) => served(each)))).size).toBe(1);
    expect(pebble.issued()).toBe(1);
  });

  it('lets a replica answer for another', async () => {
    const other = await start();
    await other.event('certificate-swapped');
    const orders = await start({ gatePort: undefined, names: ['api.test', 'more.test'] });
    await orders.event('certificate-swapped');
    expect(orders.tls.describe().names).toContain('more.test');
  });

  it('keeps serving, says which name and why, and waits longer each time, when a name leads nowhere', async () => {
    let ahead = 0;
    const service = await start({ names: ['api.test', 'nowhere.invalid'], context: { now: () => Date.now() + ahead } });
    const failure = await service.event('source-failed');
    expect(failure).toMatchObject({ level: 'error', source: 'acme' });
    expect(failure.message).toMatch(
      /^nowhere\.invalid: (dns|connection): .*Correct the DNS records.*Tried again at .*attempts\.json/,
    );
    const waits: number[] = [];
    for (const count of [2, 3, 4]) {
      const { nextAttemptAt = '' } = await until(
        () => {
          const state = service.tls.snapshot().certificates[0]?.renewal;
          return state?.failures === count - 1 ? state : undefined;
        },
        `failure ${count - 1}`,
      );
      waits.push(Date.parse(nextAttemptAt) - Date.now() - ahead);
      ahead = Date.parse(nextAttemptAt) - Date.now() - 5_000;
      await service.tls.refresh();
      ahead += 6_000;
      await service.tls.refresh();
      await service.event('source-failed', count);
    }
    expect(waits[0]).toBeGreaterThanOrEqual(29_000);
    expect(waits[1]).toBeGreaterThan(waits[0] ?? 0);
    expect(waits[2]).toBeGreaterThan(waits[1] ?? 0);
  });

  it('does not ask again at once when it is started again after a failure', async () => {
    const before = await start({ names: ['nowhere.invalid'] });
    await before.event('source-failed');
    await stop(before);
    const after = await start({ names: ['nowhere.invalid'] });
    const state = await until(() => after.tls.snapshot().certificates[0]?.renewal?.lastError, 'the state of before');
    expect(state).toContain('nowhere.invalid');
    expect(after.events).toEqual([]);
  });

  it('registers again where the CA has forgotten the account', async () => {
    let ahead = 0;
    const service = await start({ context: { now: () => Date.now() + ahead } });
    await service.event('certificate-swapped');
    const key = JSON.parse(await readFile(await accountFile(), 'utf8')).key;
    await pebble?.stop();
    ahead = 0.7 * lifetime(service);
    await service.tls.refresh();
    const failure = await service.event('source-failed');
    expect(failure).toMatchObject({
      level: 'warn',
      message: expect.stringContaining('cannot be reached (ECONNREFUSED)'),
    });
    service.tls.check();
    await pebble?.start();
    ahead += 3_600_000;
    await service.tls.refresh();
    await service.event('certificate-swapped', 2);
    await served(service);
    expect(JSON.parse(await readFile(await accountFile(), 'utf8')).key).toBe(key);
  });

  it('stays away from an account that was deactivated, and names the file that ends that', async () => {
    let ahead = 0;
    const service = await start({ context: { now: () => Date.now() + ahead } });
    await service.event('certificate-swapped');
    await deactivate();
    ahead = 0.7 * lifetime(service);
    await service.tls.refresh();
    const failure = await service.event('source-failed');
    expect(failure.message).toMatch(/the account is deactivated.*delete .*account\.json/);
    await rm(await accountFile());
    ahead += 3_600_000;
    await service.tls.refresh();
    await service.event('certificate-swapped', 2);
  });

  it('binds the account to one that the CA has already', async () => {
    const hmacKey = Buffer.alloc(32, 7).toString('base64url');
    pebble = await startPebble(gatePort, { externalAccount: { keyId: 'kid-1', hmacKey } });
    await expect(start()).rejects.toThrow(/externalAccountRequired.*GATEHOUSE_TLS_ACME_EAB_KEY_ID/);
    const hmacKeyFile = join(folder, 'hmac');
    await writeFile(hmacKeyFile, `${hmacKey}\n`);
    const acme = { externalAccount: { keyId: 'kid-1', hmacKeyFile } };
    const service = await start({ acme, context: { now: () => Date.now() + 600_000 } });
    await service.event('certificate-swapped');
    expect(JSON.stringify(service.events)).not.toContain(hmacKey);
  });

  it('does not talk to a directory whose certificate it cannot check', async () => {
    await expect(start({ acme: { caFile: undefined } })).rejects.toThrow(/not trusted.*GATEHOUSE_TLS_ACME_CA_FILE/);
    expect(pebble?.issued()).toBe(0);
  });

  it('orders nothing by a profile that the CA does not offer', async () => {
    await expect(start({ acme: { profile: 'no-such' } })).rejects.toThrow(
      /no profile no-such.*GATEHOUSE_TLS_ACME_PROFILE/,
    );
    expect(pebble?.issued()).toBe(0);
  });

  /** As the owner of the account could, with its key. */
  async function deactivate(): Promise<void> {
    const { AcmeHttp } = await import('../src/acme/acme.http.ts');
    const { AcmeSession } = await import('../src/acme/acme.session.ts');
    const { createPrivateKey } = await import('node:crypto');
    const { key, url } = JSON.parse(await readFile(await accountFile(), 'utf8'));
    const http = new AcmeHttp(10_000, await readFile(pebble?.caFile ?? '', 'utf8'));
    const session = new AcmeSession(http, pebble?.directoryUrl ?? '', new AbortController().signal);
    const payload = { status: 'deactivated' };
    await session.post({ url, key: createPrivateKey(key), identity: { kid: url }, payload });
    http.close();
  }
});
