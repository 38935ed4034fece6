// A clock that is set to another year and back: nobody is held for that year, no honest caller fills a bucket that leaks no more, and
// an attack is told as before.
import { Detector } from '../src/index.ts';
import type { Alert } from '../src/index.ts';

const YEAR = 365 * 86_400_000;
const refused = (at: number, address: string) =>
  ({
    ...{ kind: 'request', at, address, method: 'GET', path: '/v1/accounts', status: 401 },
    refused: { account: 'admin', credential: 'x' },
  }) as never;
const scan = (at: number, address: string, path: string) =>
  ({ kind: 'request', at, address, method: 'GET', path, status: 404 }) as never;
const SCANNED = ['/.env', '/.git/config', '/wp-login.php', '/phpmyadmin/', '/backup.sql'];

it('lets nobody be held, alerts be silent or honest callers be told of until the clock is there again', () => {
  const alerts: Alert[] = [];
  const options = { maxAlertsPerMinute: 3, responses: { block: { rules: ['scannerPath' as const], seconds: 600 } } };
  const detector = new Detector(options, (alert) => alerts.push(alert));
  const now = Date.parse('2026-11-24T10:00:00Z');
  const told = (rule: string) => alerts.filter((alert) => alert.rule === rule).length;
  for (const address of ['192.0.2.1', '192.0.2.2', '192.0.2.3', '192.0.2.4'])
    for (const path of SCANNED) detector.observe(scan(now + YEAR, address, path));
  expect(detector.verdict('192.0.2.1', now + YEAR + 1_000)).toMatchObject({ kind: 'block' });
  alerts.length = 0;

  for (const path of SCANNED) detector.observe(scan(now, '192.0.2.1', path)); // the same, with the clock put right
  expect(told('scannerPath')).toBe(1);
  expect(detector.verdict('192.0.2.1', now + 601_000)).toBeUndefined();
  expect(detector.verdict('192.0.2.2', now)).toBeUndefined();
  for (let day = 1; day < 100; day++) detector.observe(refused(now + day * 86_400_000, '192.0.2.9')); // mistyped once a day
  expect(told('bruteForce')).toBe(0);
});

it('does not begin anew because events come a little out of order', () => {
  const alerts: Alert[] = [];
  const detector = new Detector({}, (alert) => alerts.push(alert));
  const now = Date.parse('2026-11-24T10:00:00Z');
  for (const [index, path] of SCANNED.entries()) detector.observe(scan(now - (index % 2) * 30_000, '192.0.2.1', path));
  expect(alerts.map(({ rule }) => rule)).toContain('scannerPath');
});
