// Who is refused is written down: exactly one event for each refusal of the API, whoever refused it, under the id of its answer.
// GATEHOUSE_TEST_REFUSALS says how many (2000 is the proof; 200 by default).
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type AuditEvent, auditEventSchema, queryEvents, verifyJournal } from '@gatehouse/audit';
import type { TestService } from '@gatehouse/service/testing';
import { ledger, start } from './start.ts';

const ROUNDS = Number(process.env.GATEHOUSE_TEST_REFUSALS ?? 200);

describe('the audit of what the API refuses', () => {
  let api: TestService;
  beforeAll(async () => {
    const plenty = { limit: 1_000_000, windowSeconds: 60 };
    const failedAuthentication = { address: { limit: 30, windowSeconds: 60 }, account: plenty };
    // few failures are let through: the others are refused as 429, which is a kind of its own
    api = await start({ rateLimit: { address: plenty, principal: plenty, failedAuthentication }, logLevel: 'silent' });
  }, 60_000);
  afterAll(() => api?.close());

  it(
    `has exactly one event each of ${ROUNDS} of every kind`,
    async () => {
      const words = ledger(api);
      const [poor, other] = [await words.account(), await words.account()];
      const nothing = { authorization: `Bearer ${await api.mint({ scopes: [] })}` };
      const stranger = { authorization: `Bearer ${await api.mint({ subject: 'eve', scopes: ['accounts:read'] })}` };
      const expired = { authorization: `Bearer ${await api.mint({ expiresInSeconds: -3_600 })}` };
      const nobody = { authorization: undefined };
      const wrong = { authorization: 'Bearer canary-guess' };
      const pay = (amount: number, key: string | undefined = randomUUID()) =>
        api.call('POST', '/v1/transfers', {
          headers: { 'idempotency-key': key },
          body: { from: poor, to: other, amount, currency: 'EUR' },
        });
      const kinds = [
        () => api.call('GET', '/v1/accounts', { headers: nobody }),
        () => api.call('POST', '/v1/accounts', { headers: wrong, body: { holder: 'canary' } }),
        () => api.call('GET', '/v1/audit/events', { headers: expired }),
        () => api.call('GET', '/v1/accounts', { headers: nothing }),
        () => api.call('POST', '/v1/api-keys', { headers: nothing, body: { name: 'canary' } }),
        () => api.call('GET', `/v1/accounts/${poor}`, { headers: stranger }),
        () => api.call('GET', `/v1/accounts/${randomUUID()}`),
        () => pay(1_000_000),
        () => pay(-1),
        () => pay(1, ''),
        () => api.call('PATCH', `/v1/accounts/${poor}`, { body: { overdraftLimit: 1 } }),
        () =>
          api.call('PATCH', `/v1/accounts/${poor}`, { headers: { 'if-match': '"99"' }, body: { overdraftLimit: 1 } }),
        () => api.call('GET', '/v1/transfers?cursor=x'),
        () => api.call('DELETE', `/v1/api-keys/${'A'.repeat(16)}`),
      ];
      const answered = new Map<string, { status: number; code: unknown }>();
      for (let round = 0; round < ROUNDS; round += 10) {
        const batch = Array.from({ length: 10 }, (_, index) => kinds[(round + index) % kinds.length]);
        const answers = await Promise.all(batch.map((refused) => refused?.()));
        for (const answer of answers)
          if (answer)
            answered.set(String(answer.headers['x-request-id']), { status: answer.status, code: answer.body.code });
      }
      expect(answered.size).toBeGreaterThanOrEqual(ROUNDS);
      const statuses = new Set([...answered.values()].map(({ status }) => status));
      for (const status of [400, 401, 403, 404, 422, 429]) expect([...statuses]).toContain(status);
      const folder = join(api.stateFolder, 'api', 'audit');
      const found = new Map<string, AuditEvent[]>();
      let text = '';
      for await (const event of queryEvents(folder)) {
        auditEventSchema.parse(event);
        text += JSON.stringify(event);
        if (event.class_uid === 6003 && event.unmapped.phase === 'intent') continue;
        const { uid } = event.metadata;
        found.set(uid, [...(found.get(uid) ?? []), event]);
      }
      const reasons = (id: string) => (found.get(id) ?? []).map(({ status_code: code }) => code);
      expect([...answered].filter(([id, { code }]) => String(reasons(id)) !== String(code))).toEqual([]);
      expect(text).not.toContain('canary');
      expect((await verifyJournal(folder)).finding).toBeUndefined();
    },
    60_000 + ROUNDS * 100,
  );
});
