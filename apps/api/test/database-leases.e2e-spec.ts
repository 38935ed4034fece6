// The API's database users are leases of a real OpenBao: they change under load and no request notices; they end, and none is used
// after its end. GATEHOUSE_TEST_SOAK=full is 200 requests a second for 120 s over leases of 10 s.
import { Agent, request } from 'node:https';
import type { TestService } from '@gatehouse/service/testing';
import { describeOpenBao, setLease, until } from '@gatehouse/secrets/testing';
import { spawnApi, VaultedApi } from './vaulted.api.ts';

const isFull = process.env.GATEHOUSE_TEST_SOAK === 'full';
const load = isFull ? { seconds: 120, lease: 10, rps: 200 } : { seconds: 14, lease: 6, rps: 50 };

describeOpenBao('the API with database users that are leases', (program) => {
  let vault: VaultedApi;
  let api: TestService | undefined;
  beforeAll(async () => void (vault = await VaultedApi.prepare(program, true)), 60_000);
  afterEach(async () => {
    await api?.close();
    api = undefined;
  });
  afterAll(() => vault?.stop());

  const rotations = async (running: TestService) => {
    const { body } = await running.call('GET', '/policy', { origin: running.urls.management });
    const { declared } = body.secrets as { declared: { name: string; rotations: number }[] };
    return declared.find(({ name }) => name === 'gatehouseDatabase')?.rotations ?? 0;
  };
  const create = async (running: TestService) => {
    const { status, text, headers } = await running.call('POST', '/v1/accounts', {
      body: { holder: 'Ada', currency: 'EUR' },
    });
    expect({ status, text }).toMatchObject({ status: 201 });
    return headers.location as string;
  };

  it(
    `${load.rps} requests a second for ${load.seconds} s over leases of ${load.lease} s: none fails`,
    async () => {
      await setLease(vault.bao, load.lease);
      const running = (api = await vault.start());
      const path = await create(running);
      const before = await rotations(running);
      const agent = new Agent({ keepAlive: true, maxSockets: 16, ca: running.ca });
      const answers: Promise<number>[] = [];
      const end = performance.now() + load.seconds * 1000;
      for (let next = performance.now(); next < end; next += 1000 / load.rps) {
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
        answers.push(ask(running.urls.https + path, agent, running.token));
      }
      const seen = await Promise.all(answers);
      agent.destroy();
      const failed = seen.filter((status) => status !== 200);
      const changes = (await rotations(running)) - before;
      process.stderr.write(`soak: ${seen.length} requests, ${failed.length} failed, ${changes} rotations\n`);
      expect(failed).toEqual([]);
      expect(changes).toBeGreaterThanOrEqual(isFull ? 10 : 2);
    },
    (load.seconds + 60) * 1000,
  );

  it('a lease that ends while the vault is away: 503 though connections are open; again without a restart', async () => {
    await setLease(vault.bao, 5);
    const running = (api = await vault.start());
    const path = await create(running);
    await vault.bao.kill();
    await until(async () => (await running.call('GET', path)).status === 503);
    expect((await running.call('GET', '/health/live')).status).toBe(200);
    expect((await running.call('GET', '/health/ready')).status).toBe(503);
    await vault.bao.spawn();
    await vault.bao.unseal();
    await until(async () => (await running.call('GET', path)).status === 200);
    expect((await running.call('GET', '/health/ready')).status).toBe(200);
  }, 60_000);

  it('SIGTERM revokes them: no user is left in the database, and the process ends with 0', async () => {
    await setLease(vault.bao, 600);
    await until(async () => (await vault.users()) === 0);
    const env = { ...(await vault.environment()), GATEHOUSE_STATE: `${vault.bao.folder}/state` };
    const { child, output } = spawnApi(env);
    const gone = new Promise((resolve) => child.once('exit', resolve));
    try {
      await until(() => output().includes('is ready'), 60_000);
      expect(await vault.users()).toBe(1);
    } finally {
      child.kill('SIGTERM');
    }
    expect(await gone).toBe(0);
    await until(async () => (await vault.users()) === 0);
  }, 90_000);
});

/** The status of one GET; 0 where there was no answer. */
function ask(url: string, agent: Agent, token: string): Promise<number> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}` };
    const outgoing = request(url, { agent, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    outgoing.on('error', () => resolve(0)).end();
  });
}
