// Whoever has a million addresses has the memory of a few thousand of them, and costs no more for each.
import { request, watched } from './traffic.script.ts';

const MILLION = 1_000_000;
const MIB = 1_048_576;

it('stays bounded and quick under a million addresses, and still sees an attack', () => {
  const { detector, alerts } = watched({ responses: { block: { rules: ['scannerAgent'] } } });
  const before = process.memoryUsage().heapUsed;
  const begun = process.cpuUsage();
  for (let index = 0; index < MILLION; index++) {
    const address = `${11 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}.${index % 251}`;
    const guess = { status: 401, code: 'unauthenticated', refused: { account: `a${index % 50_000}` } };
    detector.observe(request(index / 10_000, { ...guess, address, principal: `p${index}`, agent: 'nikto' }));
  }
  const { user, system } = process.cpuUsage(begun);
  expect((user + system) / MILLION).toBeLessThan(100); // microseconds an event; some 10 are usual
  const { remembered, responding, failures } = detector.status();
  for (const size of Object.values(remembered)) expect(size).toBeLessThanOrEqual(detector.settings.maxKeys);
  expect(responding.blocked).toBeLessThanOrEqual(10_000);
  expect(failures).toBe(0);
  expect(alerts).toEqual([]); // none of them did anything twice
  const guess = { status: 401, refused: { account: 'admin' }, address: '203.0.113.7' };
  for (let index = 0; index < 10; index++) detector.observe(request(101 + index / 10, guess));
  expect(alerts.map(({ rule }) => rule)).toContain('bruteForce'); // and the one who did is still seen
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(400 * MIB); // what waits to be collected is in it
}, 120_000);
