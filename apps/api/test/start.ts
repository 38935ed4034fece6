// Starts the reference API for a test, with words for what its tests do all the time.
import { randomUUID } from 'node:crypto';
import type { ServiceOverrides } from '@gatehouse/service';
import { startForTest, type StartingService, type TestService } from '@gatehouse/service/testing';
import service from '../service.config.ts';

/** What most callers have: not what an auditor has. */
export const EVERYDAY = ['accounts:read', 'accounts:write', 'api-keys:manage', 'transfers:read', 'transfers:write'];

/** The API with a database of its own; the one of GATEHOUSE_DATABASE_URL where that is set. */
export const start = (overrides?: ServiceOverrides): StartingService =>
  startForTest(
    () => import('../src/app.module.ts'),
    service,
    { logLevel: 'error', ...overrides },
    { scopes: EVERYDAY },
  );

/** What the tests do with a ledger. */
export function ledger(api: TestService) {
  const transfer = (body: object, key: string = randomUUID()) =>
    api.call('POST', '/v1/transfers', { headers: { 'idempotency-key': key }, body });
  const account = async (overdraftLimit = 0, currency = 'EUR'): Promise<string> => {
    const { status, body, text } = await api.call('POST', '/v1/accounts', {
      body: { holder: 'Ada Lovelace', currency, overdraftLimit },
    });
    if (status !== 201) throw new Error(`no account: ${text}`);
    return body.id as string;
  };
  const balance = async (id: string) => (await api.call('GET', `/v1/accounts/${id}`)).body.balance as number;
  /** An account that holds money: somebody else owes it. */
  const funded = async (amount: number): Promise<string> => {
    const [bank, id] = [await account(amount), await account()];
    await transfer({ from: bank, to: id, amount, currency: 'EUR' });
    return id;
  };
  return { transfer, account, balance, funded };
}

/** How to start it as a process of its own. */
export const command = {
  argv: [process.execPath, '--conditions=@gatehouse/source', '--import=../../tools/cli/swc-hook.mjs', 'src/main.ts'],
  cwd: service.root,
  // what the checks change under it is noticed soon
  env: {
    GATEHOUSE_TLS_RELOAD_POLL_MS: '100',
    GATEHOUSE_TLS_RELOAD_SETTLE_MS: '100',
    GATEHOUSE_AUDIT_CHECKPOINT_SECONDS: '1',
  },
  reloadSeconds: 4,
};
