import { startSample } from './fixtures/sample.client.ts';

describe('shutdown', () => {
  it('fails the ready probe during the grace, then finishes what is in flight and takes nothing new', async () => {
    const sample = await startSample({ shutdown: { graceMs: 300, drainMs: 3_000 } });
    const slow = sample.call('/v1/notes/slow');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const closing = sample.running.close();
    expect((await sample.call('/health/ready')).status).toBe(503);
    expect((await sample.call('/health/live')).status).toBe(200);
    const late = sample.call('/v1/notes/slow');
    expect((await slow).json()).toEqual({ done: true });
    expect((await late).headers.connection).toBe('close');
    await closing;
    await expect(sample.call('/health/live')).rejects.toThrow(/ECONNREFUSED/);
    await sample.stop();
  });

  it('cuts what does not finish within the drain time', async () => {
    const sample = await startSample({ shutdown: { graceMs: 0, drainMs: 100 } });
    const slow = sample.call('/v1/notes/slow').catch((error: Error) => error);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const started = Date.now();
    await sample.running.close();
    expect(Date.now() - started).toBeLessThan(350);
    expect(await slow).toMatchObject({ code: 'ECONNRESET' });
    await sample.stop();
  });

  it('can be asked twice', async () => {
    const sample = await startSample();
    await Promise.all([sample.running.close(), sample.running.close()]);
    await sample.stop();
  });
});
