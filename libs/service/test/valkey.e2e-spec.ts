// What two replicas share, and what each does alone: two services as processes have them, on one real Valkey.
import { Controller, Get, Module } from '@nestjs/common';
import { Public } from '@gatehouse/authz';
import { RateLimit, Throttle } from '@gatehouse/rate-limit';
import { Returns } from '@gatehouse/validation';
import { findValkey, valkeyServer, type ValkeyServer } from '@gatehouse/valkey/testing';
import { z } from 'zod';
import { defineService } from '../src/index.ts';
import { startForTest, type TestService } from '../src/testing/index.ts';
import { until } from './fixtures/until.ts';

const done = z.strictObject({ done: z.boolean() });

@Controller('v1')
@Public('a sample for everybody')
class SharedController {
  @Get('plain')
  @Returns(done)
  plain(): object {
    return { done: true };
  }

  @Get('strict')
  @Throttle({ default: { limit: 60, ttl: 60_000 } })
  @RateLimit({ fail: 'closed' })
  @Returns(done)
  strict(): object {
    return { done: true };
  }
}

@Module({ controllers: [SharedController] })
class SharedModule {}

const program = await findValkey();
if (!program && process.env.CI) throw new Error('CI needs valkey-server or redis-server: see .ci/parts');
if (!program) process.stderr.write('skipped: replicas on one Valkey: no server is here\n');

(program ? describe : describe.skip)('two replicas on one Valkey', () => {
  let server: ValkeyServer;
  const running: TestService[] = [];
  beforeAll(async () => {
    server = await valkeyServer(program as NonNullable<typeof program>, { pattern: 'gatehouse:shared:*' });
    await server.start();
  });
  afterEach(async () => {
    for (const service of running.splice(0)) await service.close();
  });
  afterAll(() => server.remove());

  const replica = async (own: object = {}) => {
    const descriptor = defineService({
      root: import.meta.dirname,
      name: 'shared',
      ports: { https: 0, http: 0, management: 0 },
      logLevel: 'silent',
      trustedProxies: ['127.0.0.1'],
      rateLimit: { replicas: 2, address: { limit: 1, windowSeconds: 3_600, burst: 10 } },
      valkey: { ...server.options, commandTimeoutMs: 1_000, ...own },
    });
    const service = await startForTest(SharedModule, descriptor);
    running.push(service);
    return service;
  };
  const page = async ({ call, urls }: TestService, path: string) => call('GET', path, { origin: urls.management });
  const isUp = async (service: TestService) => /^gatehouse_valkey_up 1$/m.test((await page(service, '/metrics')).text);

  it('let one limit pass together; alone while it is away, each its share; together again without a restart', async () => {
    const [one, two] = [await replica(), await replica()];
    let from = '192.0.2.1';
    const ask = (service: TestService, times: number) => {
      const headers = { 'x-forwarded-for': from };
      return Promise.all(
        Array.from({ length: times }, async () => (await service.call('GET', '/v1/plain', { headers })).status),
      );
    };
    const passed = (statuses: number[]) => statuses.filter((status) => status === 200).length;
    expect(passed([...(await ask(one, 8)), ...(await ask(two, 8))])).toBe(10);
    expect(await isUp(one)).toBe(true);

    await server.stop();
    for (const service of [one, two]) await until(async () => !(await isUp(service)));
    const alone = [passed(await ask(one, 8)), passed(await ask(two, 8))];
    expect(alone).toEqual([5, 5]);
    expect((await one.call('GET', '/v1/strict')).body).toMatchObject({ status: 503, code: 'dependency-unavailable' });
    expect((await one.call('GET', '/health/ready')).status).toBe(200); // or both would get no traffic at all
    expect((await page(one, '/health/ready')).text).toContain('there is no connection to Valkey');

    await server.start();
    for (const service of [one, two]) await until(() => isUp(service));
    // the server forgot everything; whoever was over its limit is refused as long as the replica that refused it knows
    expect(passed(await ask(two, 8))).toBe(0);
    from = '192.0.2.2';
    expect(passed([...(await ask(one, 8)), ...(await ask(two, 8))])).toBe(10);
    const { text } = await page(one, '/metrics');
    expect(text).toMatch(/gatehouse_valkey_commands_total\{outcome="answered"\} [1-9]/);
    expect(text).toMatch(/gatehouse_valkey_command_duration_seconds_count [1-9]/);
  });

  it('do not start with a password that it refuses, and name the setting', async () => {
    await expect(replica({ passwordFile: `${server.folder}/cert.pem` })).rejects.toThrow(
      /GATEHOUSE_VALKEY_PASSWORD_FILE/,
    );
  });
});
