import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startForTest } from '../src/testing/index.ts';
import { sample as sampleService, SampleModule } from './fixtures/sample.app.ts';
import { startSample } from './fixtures/sample.process.ts';

describe('shutdown', () => {
  it('fails the ready probe during the grace, then finishes what is in flight and takes nothing new', async () => {
    const sample = await startForTest(SampleModule, sampleService, { shutdown: { graceMs: 2_000, drainMs: 5_000 } });
    const slow = sample.call('GET', '/v1/notes/slow');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const closing = sample.close();
    expect((await sample.call('GET', '/health/ready')).status).toBe(503);
    expect((await sample.call('GET', '/health/live')).status).toBe(200);
    const late = sample.call('GET', '/v1/notes/slow');
    expect((await slow).body).toEqual({ done: true });
    expect((await late).headers.connection).toBe('close');
    await closing;
    await expect(sample.call('GET', '/health/live')).rejects.toThrow(/ECONNREFUSED/);
    await sample.close();
  });

  it('cuts what does not finish within the drain time', async () => {
    const sample = await startForTest(SampleModule, sampleService, { shutdown: { graceMs: 0, drainMs: 100 } });
    const slow = sample.call('GET', '/v1/notes/slow').catch((error: Error) => error);
    await new Promise((resolve) => setTimeout(resolve, 100));
    const started = Date.now();
    await sample.close();
    expect(Date.now() - started).toBeLessThan(5_000);
    expect(await slow).toMatchObject({ code: 'ECONNRESET' });
    await sample.close();
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'finishes what is in flight after %s, and ends with 0',
    async (signal) => {
      const folder = await mkdtemp(join(tmpdir(), 'gatehouse-shutdown-'));
      const sample = await startSample(folder, {});
      try {
        const ended = once(sample.child, 'exit');
        const slow = sample.call('GET', '/v1/notes/slow');
        await sample.call('GET', '/v1/notes');
        sample.child.kill(signal);
        expect((await slow).status).toBe(200);
        expect(await ended).toEqual([0, null]);
      } finally {
        await sample.end('SIGKILL');
        await rm(folder, { recursive: true, force: true });
      }
    },
  );

  it('can be asked twice', async () => {
    const sample = await startForTest(SampleModule, sampleService);
    await Promise.all([sample.close(), sample.close()]);
    await sample.close();
  });
});
