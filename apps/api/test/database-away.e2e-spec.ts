// The database goes and comes back: 503 meanwhile, not ready meanwhile, and all well again without a restart.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestService } from '@gatehouse/service/testing';
import { ledger, start } from './start.ts';

const embedded = process.env.GATEHOUSE_DATABASE_URL === undefined;

(embedded ? describe : describe.skip)(
  'without its database (skipped with GATEHOUSE_DATABASE_URL: that server is not ours)',
  () => {
    let api: TestService;
    beforeAll(async () => void (api = await start({ logLevel: 'silent' })));
    afterAll(() => api.close());

    it('answers 503 with Retry-After, says that it is not ready, and recovers', async () => {
      const id = await ledger(api).account();
      const file = join(api.stateFolder, 'api/postgres/data/postmaster.pid');
      process.kill(Number(readFileSync(file, 'utf8').split('\n')[0]), 'SIGQUIT');
      const seen = new Set<string>();
      let ready = { status: 0 };
      for (let tries = 0; tries < 200 && !(seen.size === 2 && ready.status === 200); tries++) {
        const answer = await api.call('GET', `/v1/accounts/${id}`);
        seen.add(String(answer.status));
        if (answer.status === 503) {
          expect(answer.headers['retry-after']).toBe('2');
          expect(answer.body.code).toBe('dependency-unavailable');
          expect(answer.text).not.toMatch(/postgres|socket|ECONN|ENOENT/i);
        }
        ready = await api.call('GET', '/health/ready');
        expect((await api.call('GET', '/health/live')).status).toBe(200);
      }
      expect([...seen].sort()).toEqual(['200', '503']);
      expect(await api.call('GET', `/v1/accounts/${id}`)).toMatchObject({ status: 200, body: { id } });
    }, 60_000);
  },
);
