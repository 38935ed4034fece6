import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startAcmeFront, type AcmeFront } from './fixtures/acme.front.ts';
import { acmeService, type AcmeService } from './fixtures/acme.service.ts';
import { describePebble, freePort, startPebble, type Pebble } from '../src/testing/index.ts';
import { until } from './fixtures/served.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describePebble('a CA that says when to renew, and offers profiles', () => {
  let folder: string;
  let pebble: Pebble;
  let front: AcmeFront;
  let service: AcmeService;
  let ahead: number;
  beforeEach(async () => {
    ahead = 0;
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-ari-'));
    const gatePort = await freePort();
    pebble = await startPebble(gatePort);
    front = await startAcmeFront(pebble.directoryUrl);
    front.window = { start: Date.now() + 2 * DAY_MS, end: Date.now() + 3 * DAY_MS };
    front.profiles = { default: '90 days', shortlived: 'six days' };
    const context = { now: () => Date.now() + ahead };
    service = await acmeService({ folder, pebble: front, gatePort, acme: { profile: 'shortlived' }, context });
    await service.event('certificate-swapped');
  });
  afterEach(async () => {
    await service.close();
    await front.close();
    await pebble.remove();
    await rm(folder, { recursive: true, force: true });
  });
  const dueAt = () => Date.parse(service.tls.snapshot().certificates[0]?.renewal?.dueAt ?? '');

  it('is asked for the profile of the options', () => {
    expect(front.orders).toEqual([{ identifiers: [{ type: 'dns', value: 'api.test' }], profile: 'shortlived' }]);
  });

  it('is obeyed, named the certificate that is replaced, and asked no more often than it says', async () => {
    const { start, end } = front.window ?? { start: 0, end: 0 };
    await until(() => (dueAt() >= start && dueAt() <= end ? true : undefined), 'a time in the window');
    await service.tls.refresh();
    expect(front.asked).toHaveLength(1);
    ahead = 1.5 * DAY_MS;
    await service.tls.refresh();
    await service.tls.refresh();
    expect(front.orders).toHaveLength(1);
    front.window = { start: Date.now() - DAY_MS, end: Date.now() - HOUR_MS }; // it is about to revoke
    ahead += 2 * HOUR_MS;
    await service.tls.refresh();
    await service.event('certificate-swapped', 2);
    expect(front.orders).toHaveLength(2);
    expect(front.orders[1]).toMatchObject({ replaces: front.asked[0] });
    await service.tls.refresh();
    await service.tls.refresh();
    expect(front.orders).toHaveLength(2); // though the window is over for the new one too
  });
});
