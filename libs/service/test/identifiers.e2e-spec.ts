// Nobody who reads the log, an alert or what the webhook got learns who it was; who may read the audit finds the same caller there.
import { join } from 'node:path';
import { Controller, Get, Module } from '@nestjs/common';
import { type AuditEvent, queryEvents } from '@gatehouse/audit';
import { Scopes } from '@gatehouse/authz';
import { type DetectionFinding } from '@gatehouse/detection';
import { ProblemError } from '@gatehouse/problem-details';
import { Returns } from '@gatehouse/validation';
import { z } from 'zod';
import { defineService, type ServiceOptions } from '../src/index.ts';
import { startForTest, TestIssuer, type TestService } from '../src/testing/index.ts';
import { until } from './fixtures/until.ts';

@Controller('v1/files')
@Scopes('files:read')
class FilesController {
  @Get(':name')
  @Returns(z.strictObject({ name: z.string() }))
  file(): never {
    throw new ProblemError('not-found');
  }
}

@Module({ controllers: [FilesController] })
class FilesModule {}

const PERSON = 'ada.lovelace@example.test';
const lines: string[] = [];
let service: TestService | undefined;

async function start(options: Partial<ServiceOptions>): Promise<TestService> {
  lines.length = 0;
  const descriptor = defineService({
    root: import.meta.dirname,
    name: 'files',
    ports: { https: 0, http: 0, management: 0 },
    authn: {},
    ...options,
  });
  const logStream = { write: (line: string) => void lines.push(line) };
  return (service = await startForTest(FilesModule, descriptor, { logStream, logLevel: 'debug' }));
}
afterEach(async () => {
  await service?.close();
  service = undefined;
});

/** Fetches one thing after the other that is not hers, and guesses at her own account. */
async function attack({ call, mint, issuer }: TestService): Promise<readonly DetectionFinding[]> {
  const authorization = `Bearer ${await mint({ subject: PERSON })}`;
  for (let name = 0; name < 12; name++) await call('GET', `/v1/files/${name}`, { headers: { authorization } });
  const thief = await TestIssuer.create(issuer.issuer, issuer.audience);
  for (let guess = 0; guess < 8; guess++) {
    const token = await thief.token({ subject: PERSON, header: { kid: issuer.publicJwk.kid } });
    await call('GET', '/v1/files/1', { headers: { authorization: `Bearer ${token}` } });
  }
  const found = async () => {
    const { body } = await (service as TestService).call('GET', '/alerts', {
      origin: (service as TestService).urls.management,
    });
    return body.alerts as DetectionFinding[];
  };
  await until(async () => (await found()).length === 2);
  return found();
}

it('writes no address, account or principal in clear, and the same HMACs as the audit', async () => {
  const running = await start({ audit: { enabled: true, addresses: 'keyed' } });
  const [guessing, probing] = await attack(running);
  const told = lines.join('');
  expect(told).toContain('alert: Probing for objects of others');
  expect(told).toContain('credential refused');
  expect(told + JSON.stringify([guessing, probing])).not.toMatch(/ada\.lovelace|127\.0\.0\.1|::1/);

  const events: AuditEvent[] = [];
  const folder = join(running.stateFolder, 'files', 'audit');
  const requestId = probing?.metadata.correlation_uid;
  await until(async () => {
    events.length = 0;
    for await (const event of queryEvents(folder)) events.push(event);
    return events.some(({ metadata }) => metadata.uid === requestId);
  });
  const event = events.find(({ metadata }) => metadata.uid === requestId) as Extract<AuditEvent, { class_uid: 6003 }>;
  expect(probing?.resources[0]).toEqual({ type: 'principal', uid: event.actor.user.uid });
  expect(probing?.evidences[0]?.src_endpoint?.uid).toBe(event.src_endpoint.ip);
  expect(guessing?.resources[0]?.uid).toBe(`${event.src_endpoint.ip} on ${event.actor.user.uid}`);
  expect(told).toContain(event.src_endpoint.ip);
}, 60_000);

it('writes them in clear where that is asked for', async () => {
  const [guessing, probing] = await attack(await start({ identifiers: 'clear' }));
  expect(probing?.resources[0]?.uid).toContain(`|${PERSON}`);
  expect(guessing?.resources[0]?.uid).toBe(`127.0.0.1 on ${PERSON}`);
  expect(lines.join('')).toMatch(/"msg":"request"/);
  expect(lines.join('')).toMatch(/"address":"127\.0\.0\.1"/);
}, 60_000);
