import { join } from 'node:path';
import { certificateStatus } from '../src/certificate.status.ts';
import { policyOptions } from '../src/tls.policy.ts';
import { testAuthority, type TestAuthority } from '../src/testing/index.ts';
import { serve, until, type Served } from './fixtures/served.ts';

const DAY_MS = 86_400_000;

describe('the status of certificates', () => {
  let ca: TestAuthority;
  let served: Served;
  beforeAll(async () => {
    ca = await testAuthority();
  });
  afterEach(() => served.close());
  const status = async (now?: number) =>
    until(async () => (await certificateStatus(join(served.folder, 'state'), now))[0], 'a status');

  it('shows what the listener serves now, and that all is well', async () => {
    const first = await ca.issue();
    served = await serve(first);
    expect(await status()).toMatchObject({
      service: 'api',
      running: true,
      certificates: [{ source: 'files', certificate: { serial: first.serial } }],
      listeners: [{ address: `127.0.0.1:${served.port}`, certificate: { serial: first.serial } }],
      findings: [],
    });
  });

  it('names a certificate that another than the service put there', async () => {
    served = await serve(await ca.issue());
    await status();
    served.server.setSecureContext(policyOptions(await ca.issue()));
    expect((await status()).findings).toEqual([
      expect.objectContaining({ level: 'error', message: expect.stringContaining('the service says') }),
    ]);
  });

  it('warns at a third of the lifetime, and gives the alarm at a twentieth', async () => {
    const begin = Date.now();
    served = await serve(await ca.issue({ notBefore: begin, notAfter: begin + 90 * DAY_MS }));
    expect((await status(begin + 61 * DAY_MS)).findings).toMatchObject([{ level: 'warn' }]);
    expect((await status(begin + 87 * DAY_MS)).findings).toMatchObject([{ level: 'error' }]);
    expect((await status(begin + 91 * DAY_MS)).findings).toMatchObject([
      { message: expect.stringContaining('expired') },
    ]);
  });

  it('tells a service that is not running from one in trouble', async () => {
    served = await serve(await ca.issue());
    await status();
    await new Promise<void>((resolve) => served.server.close(() => resolve()));
    expect(await status()).toMatchObject({ running: false, findings: [] });
  });

  it('is empty where nothing ever served', async () => {
    served = await serve(await ca.issue());
    expect(await certificateStatus(join(served.folder, 'nowhere'))).toEqual([]);
  });
});
