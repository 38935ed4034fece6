// Attacks over the wire: each alerts within ten seconds, in the log, the metrics, /alerts and the signed webhook, and changes nothing
// for its caller unless that is asked for.
import { createHmac, randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { Controller, Get, Module } from '@nestjs/common';
import { type DetectionFinding, detectionFindingSchema, type DetectionOptions } from '@gatehouse/detection';
import { ProblemError } from '@gatehouse/problem-details';
import { Public } from '@gatehouse/authz';
import { Returns } from '@gatehouse/validation';
import { z } from 'zod';
import { defineService } from '../src/index.ts';
import { startForTest, type TestService, writeBuiltInKeys } from '../src/testing/index.ts';
import { alertReceiver } from './fixtures/alert.receiver.ts';
import { until } from './fixtures/until.ts';

/** What the goal allows from the first request of an attack to its alert. */
const WITHIN_MS = 10_000;

@Controller('v1')
@Public('a sample for everybody')
class DoorController {
  @Get('me')
  @Returns(z.strictObject({ name: z.string() }))
  me(): never {
    throw new ProblemError('unauthenticated');
  }
}

@Module({ controllers: [DoorController] })
class DoorModule {}

const descriptor = (detection: DetectionOptions = {}) =>
  defineService({
    root: import.meta.dirname,
    name: 'door',
    ports: { https: 0, http: 0, management: 0 },
    logLevel: 'silent',
    detection,
  });
const basic = (user: string) => ({ authorization: `Basic ${Buffer.from(`${user}:guess`).toString('base64')}` });

let service: TestService | undefined;
const start = async (detection: DetectionOptions = {}, env?: NodeJS.ProcessEnv) =>
  (service = await startForTest(DoorModule, descriptor(detection), env && { env }));
afterEach(async () => {
  await service?.close();
  service = undefined;
});

async function alerts({ call, urls }: TestService): Promise<DetectionFinding[]> {
  const { body } = await call('GET', '/alerts', { origin: urls.management });
  return z.array(detectionFindingSchema).parse(body.alerts);
}
const rules = async (running: TestService) =>
  (await alerts(running)).map(({ finding_info }) => finding_info.analytic.uid);

describe('an attack over the wire alerts within 10 s', () => {
  it('a scanner, in the findings and the metrics, and is answered as before', async () => {
    const running = await start();
    const begun = performance.now();
    for (const path of ['/.env', '/.git/config', '/wp-login.php', '/backup.sql']) {
      expect((await running.call('GET', path)).status).toBe(404);
    }
    await until(async () => (await rules(running)).includes('scannerPath'));
    expect(performance.now() - begun).toBeLessThan(WITHIN_MS);
    const { text } = await running.call('GET', '/metrics', { origin: running.urls.management });
    expect(text).toContain('gatehouse_detection_alerts_total{rule="scannerPath",severity="medium"} 1');
    expect((await running.call('GET', '/health/live')).status).toBe(200);
  });

  it('credentials tried on many accounts, then on one', async () => {
    const running = await start();
    const begun = performance.now();
    for (let user = 0; user < 30; user++) await running.call('GET', '/v1/me', { headers: basic(`user-${user}`) });
    for (let guess = 0; guess < 10; guess++) await running.call('GET', '/v1/me', { headers: basic('admin') });
    const seen = await rules(running);
    expect(seen).toEqual(expect.arrayContaining(['passwordSpraying', 'credentialStuffing', 'bruteForce']));
    expect(performance.now() - begun).toBeLessThan(WITHIN_MS);
    expect(JSON.stringify(await alerts(running))).not.toContain('guess');
  });

  it('handshakes that fail, and a credential over plain HTTP', async () => {
    const running = await start({ rules: { connectionAbuse: { capacity: 10, leakSeconds: 60 } } });
    const port = Number(new URL(running.urls.https).port);
    for (let index = 0; index < 12; index++) {
      await new Promise((resolve) => {
        const socket = connect({
          port,
          host: '127.0.0.1',
          ca: running.ca,
          maxVersion: 'TLSv1.1',
          minVersion: 'TLSv1.1',
          ciphers: 'DEFAULT@SECLEVEL=0',
        });
        socket.on('error', () => undefined).on('close', resolve);
      });
    }
    await new Promise((resolve, reject) => {
      const outgoing = httpRequest(running.urls.http, { headers: { authorization: 'Bearer x' } }, (answer) => {
        answer.resume().on('end', resolve);
      });
      outgoing.on('error', reject).end();
    });
    await until(async () => (await rules(running)).length >= 2);
    expect((await rules(running)).toSorted()).toEqual(['connectionAbuse', 'credentialExposed']);
  });
});

describe('the webhook', () => {
  it('is told once, signed, and again after an answer that was not good', async () => {
    const receiver = await alertReceiver();
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-alerts-'));
    try {
      const key = randomBytes(32);
      const caFile = join(folder, '..', `${folder.split('/').at(-1)}.pem`);
      await writeFile(caFile, receiver.ca);
      receiver.statuses.push(500);
      await writeBuiltInKeys(descriptor({ webhook: { url: receiver.url } }), folder);
      await writeFile(join(folder, 'gatehouseAlertKey'), key, { mode: 0o600 });
      const running = await start({ webhook: { url: receiver.url, caFile } }, { GATEHOUSE_SECRETS_FOLDER: folder });
      for (let call = 0; call < 5; call++) {
        await running.call('GET', '/health/live', { headers: { 'user-agent': 'sqlmap/1.8' } });
      }
      await until(() => receiver.deliveries.length === 2);
      const [, again] = receiver.deliveries;
      const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = again?.headers ?? {};
      const mac = createHmac('sha256', key)
        .update(`${String(id)}.${String(at)}.${again?.body}`)
        .digest('base64');
      expect(signature).toBe(`v1,${mac}`);
      const { type, data } = JSON.parse(again?.body ?? '') as { type: string; data: unknown };
      expect(type).toBe('detection.finding');
      expect(detectionFindingSchema.parse(data).finding_info.analytic.uid).toBe('scannerAgent');
      await rm(caFile);
    } finally {
      await service?.close();
      service = undefined;
      await receiver.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('responses, where they are asked for', () => {
  it('refuses the attacker with 429 and a Retry-After', async () => {
    const running = await start({ responses: { block: { rules: ['scannerAgent'], seconds: 60 } } });
    for (let call = 0; call < 3; call++) {
      await running.call('GET', '/health/live', { headers: { 'user-agent': 'nikto' } });
    }
    const refused = await running.call('GET', '/health/live');
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate-limited' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  });

  it('makes the attacker wait', async () => {
    const slow = { rules: ['scannerAgent' as const], seconds: 60, delayMs: 300 };
    const running = await start({ responses: { slow } });
    for (let call = 0; call < 2; call++) {
      await running.call('GET', '/health/live', { headers: { 'user-agent': 'nikto' } });
    }
    const begun = performance.now();
    expect((await running.call('GET', '/health/live')).status).toBe(200);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(300);
  });
});
