import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { setDefaultCACertificates } from 'node:tls';
import { policyOptions } from '../src/tls.policy.ts';
import { testAuthority, type TestAuthority } from '../src/testing/index.ts';
import { closed, listening } from './fixtures/handshake.ts';
import { serve, until, type Served } from './fixtures/served.ts';

const DAY_MS = 86_400_000;

describe('the expiry of a certificate', () => {
  let ca: TestAuthority;
  let served: Served | undefined;
  let now = Date.now();
  beforeAll(async () => {
    ca = await testAuthority();
  });
  beforeEach(() => (now = Math.floor(Date.now() / 1_000) * 1_000)); // certificates know whole seconds
  afterEach(async () => {
    await served?.close();
    served = undefined;
  });
  const issue = (days: number) => ca.issue({ notBefore: now, notAfter: now + days * DAY_MS });
  const expiring = () => served?.events.filter(({ type }) => type === 'certificate-expiring') ?? [];

  it('is measured on what a handshake shows, not on the file', async () => {
    const first = await issue(90);
    served = await serve(first, { reload: { settleMs: 60_000 } }, { now: () => now });
    const [listener] = served.tls.snapshot().listeners;
    expect(listener?.certificate).toMatchObject({
      serial: first.serial,
      remainingSeconds: 90 * 86_400,
      remainingFraction: 1,
    });
    const other = await issue(10);
    served.server.setSecureContext(policyOptions(other)); // behind our back: the file says 90 days still
    await served.tls.refresh();
    expect(served.tls.snapshot().listeners[0]?.certificate).toMatchObject({
      serial: other.serial,
      remainingSeconds: 10 * 86_400,
    });
    expect(() => served?.tls.check()).toThrow(`serves certificate ${other.serial}, not the newest`);
  });

  it.each([6, 47, 90])(
    'of %s days is announced at a third and at a twentieth of its life, once a day',
    async (days) => {
      served = await serve(await issue(days), {}, { now: () => now });
      const begin = now;
      const at = async (left: number) => {
        now = begin + Math.round(days * (1 - left) * DAY_MS);
        await served?.tls.refresh();
        return expiring().length;
      };
      expect(await at(0.34)).toBe(0);
      expect(await at(0.33)).toBe(1);
      expect(await at(0.329)).toBe(1);
      expect(expiring()[0]).toMatchObject({
        level: 'warn',
        message: expect.stringContaining('33 % of its lifetime is left'),
      });
      expect(await at(0.051)).toBe(2);
      expect(expiring().map(({ level }) => level)).not.toContain('error');
      await at(0.049);
      expect(expiring().at(-1)).toMatchObject({ level: 'error', message: expect.stringContaining('Renew it') });
      served.tls.check();
      await at(-0.01);
      expect(() => served?.tls.check()).toThrow('has expired');
    },
  );

  it('makes the service not ready while no handshake succeeds', async () => {
    served = await serve(await issue(90));
    served.tls.check();
    served.server.setSecureContext({});
    await served.tls.refresh();
    expect(() => served?.tls.check()).toThrow('the last handshake with');
    expect(served.tls.snapshot().counters.probeFailures).toBeGreaterThan(0);
  });

  it('does not make a listener not ready that is too busy for a look', async () => {
    served = await serve(await issue(90));
    served.server.removeAllListeners('connection').on('connection', (socket) => socket.destroy());
    await served.tls.refresh();
    served.tls.check();
    expect(served.tls.snapshot().counters.probeFailures).toBeGreaterThan(0);
    expect(served.tls.snapshot().listeners[0]?.error).toBeDefined();
  });

  it('is left in a status file that only its owner can read', async () => {
    const first = await issue(90);
    served = await serve(first);
    const file = join(served.folder, 'state/api/tls/status.json');
    const status = await until(
      async () => JSON.parse(await readFile(file, 'utf8').catch(() => 'null')) ?? undefined,
      'status',
    );
    expect(status).toMatchObject({
      service: 'api',
      pid: process.pid,
      listeners: [{ certificate: { serial: first.serial } }],
    });
    expect(JSON.stringify(status)).not.toContain('PRIVATE');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('is posted to a webhook, over HTTPS, without what the address holds', async () => {
    const posted: { service: string; type: string; level: string }[] = [];
    const receiver = createServer(await ca.issue(), async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      posted.push(JSON.parse(Buffer.concat(chunks).toString()));
      response.writeHead(posted.length > 1 ? 500 : 204).end();
    });
    const port = await listening(receiver);
    setDefaultCACertificates([ca.cert]);
    const webhook = async (folder: string) => {
      const webhookUrlFile = join(folder, 'webhook');
      await writeFile(webhookUrlFile, `https://localhost:${port}/hooks/secret-token\n`);
      return { webhookUrlFile };
    };
    served = await serve(await issue(90), webhook, { now: () => now });
    now += 61 * DAY_MS;
    await served.tls.refresh();
    await until(() => posted[0], 'the post');
    expect(posted).toEqual([expect.objectContaining({ service: 'api', type: 'certificate-expiring', level: 'warn' })]);
    now += 28 * DAY_MS;
    await served.tls.refresh();
    expect(await served.event('source-failed')).toMatchObject({
      message: expect.stringContaining('the webhook answered 500'),
    });
    expect(JSON.stringify(served.events)).not.toContain('secret-token');
    await closed(receiver);
  });

  it('is not posted in clear: a webhook without https:// stops the start', async () => {
    const webhook = async (folder: string) => {
      await writeFile(join(folder, 'webhook'), 'http://localhost/hook');
      return { webhookUrlFile: join(folder, 'webhook') };
    };
    await expect(serve(await issue(90), webhook)).rejects.toThrow('no https:// address');
  });
});
