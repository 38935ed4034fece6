// A log that cannot be written (a full disk, a reader that stalls) ended the service, or kept it from ending.
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { type SlowProcess, slowProcess } from './slow.process.ts';

const FULL = '/dev/full';

describe('a service whose log', () => {
  let service: SlowProcess;
  afterEach(() => service.end());

  const stopsWell = async () => {
    service.child.kill('SIGTERM');
    const [code] = await once(service.child, 'exit');
    expect(code).toBe(0);
  };

  (existsSync(FULL) ? it : it.skip)('is on a full disk answers all the same (skipped without /dev/full)', async () => {
    const full = openSync(FULL, 'w');
    service = await slowProcess(full);
    closeSync(full);
    for (let call = 0; call < 5; call++) {
      expect(await service.call('/health/live')).toMatchObject({ status: 200 });
      await new Promise((resolve) => setTimeout(resolve, 120)); // longer than lines wait
    }
    await stopsWell();
  });

  it('is read by nobody answers all the same, and ends', async () => {
    service = await slowProcess('pipe');
    service.child.stdout?.pause();
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(Array.from({ length: 60 }, () => service.call('/health/live')));
      for (const answer of answers) expect(answer).toMatchObject({ status: 200 });
    }
    await stopsWell();
  });
});
