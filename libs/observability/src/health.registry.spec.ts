import { HealthRegistry } from './health.registry.ts';

describe('HealthRegistry', () => {
  it('is ready when every check passes', async () => {
    const health = new HealthRegistry();
    health.register('database', () => undefined);
    expect((await health.ready()).ok).toBe(true);
  });

  it('is not ready while one check throws, and names it', async () => {
    const health = new HealthRegistry();
    health.register('good', () => undefined);
    health.register('database', () => Promise.reject(new Error('gone')));
    const { ok, results } = await health.ready();
    expect(ok).toBe(false);
    expect(results.filter((result) => !result.ok)).toMatchObject([{ name: 'database', error: 'gone' }]);
  });

  it('counts a check that hangs as failed', async () => {
    const health = new HealthRegistry(20);
    health.register('hung', () => new Promise(() => undefined));
    expect((await health.ready()).results[0]).toMatchObject({ ok: false, error: 'no answer within 20 ms' });
  });

  it('is not ready once it drains', async () => {
    const health = new HealthRegistry();
    health.drain();
    expect((await health.ready()).ok).toBe(false);
  });

  it('refuses a name twice', () => {
    const health = new HealthRegistry();
    health.register('database', () => undefined);
    expect(() => health.register('database', () => undefined)).toThrow('registered twice');
  });
});
