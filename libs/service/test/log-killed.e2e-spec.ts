// A process that is killed had no last word: what it had logged before the last tenth of a second is there, in whole lines.
import { once } from 'node:events';
import { slowProcess } from './regressions/slow.process.ts';
import { until } from './fixtures/until.ts';

it('leaves whole lines behind when it is killed', async () => {
  const service = await slowProcess('pipe');
  let text = '';
  service.child.stdout?.on('data', (chunk: Buffer) => (text += String(chunk)));
  try {
    for (let call = 0; call < 20; call++) expect(await service.call('/health/live')).toMatchObject({ status: 200 });
    const lines = () => text.split('\n').filter((line) => line.includes('"msg":"request"'));
    await until(() => lines().length === 20);
    const last = Array.from({ length: 20 }, () => service.call('/health/live'));
    service.child.kill('SIGKILL');
    await Promise.all([once(service.child, 'close'), ...last]);
    const whole = text
      .slice(0, text.lastIndexOf('\n'))
      .split('\n')
      .filter((line) => line.startsWith('{')); // beside the banner
    for (const line of whole) expect(() => JSON.parse(line) as unknown).not.toThrow();
    expect(lines().length).toBeGreaterThanOrEqual(20);
  } finally {
    await service.end();
  }
}, 60_000);
