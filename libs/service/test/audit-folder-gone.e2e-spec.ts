// The folder of the journal goes away under a running service, or another one is told to write into it.
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { queryEvents, verifyJournal } from '@gatehouse/audit';
import { startForTest } from '../src/testing/index.ts';
import { calls, sample, SampleModule } from './fixtures/sample.app.ts';
import { until } from './fixtures/until.ts';

it('while the folder of the journal is gone, mutations are refused within two seconds, and nothing is missing when it is back', async () => {
  const service = await startForTest(SampleModule, sample);
  const folder = join(service.stateFolder, 'sample', 'audit');
  const create = async () => (await service.call('POST', '/v1/notes', { body: { text: 'x' } })).status;
  try {
    expect(await create()).toBe(201);
    await rename(folder, `${folder}-aside`);
    const gone = performance.now();
    await until(async () => (await create()) === 503);
    expect(performance.now() - gone).toBeLessThan(2_000);
    const [before, began] = [calls.count, performance.now()];
    expect(await create()).toBe(503);
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(calls.count).toBe(before);
    expect((await service.call('GET', '/v1/notes/1')).status).toBe(200);
    const { text } = await service.call('GET', '/alerts', { origin: service.urls.management });
    expect(text).toContain('safeguardFailed');
    await rename(`${folder}-aside`, folder);
    await until(async () => (await create()) === 201);
    const codes: string[] = [];
    for await (const { status_code: code } of queryEvents(folder)) codes.push(code);
    expect(codes).toEqual(expect.arrayContaining(['dependency-unavailable', 'journal-recovered']));
    expect((await verifyJournal(folder)).finding).toBeUndefined();
  } finally {
    await service.close();
  }
}, 60_000);

it('a second service with the folder of a running one does not start, and says which setting would help', async () => {
  const service = await startForTest(SampleModule, sample);
  const folder = join(service.stateFolder, 'sample', 'audit');
  try {
    const second = startForTest(SampleModule, sample, { audit: { folder } });
    await expect(second).rejects.toThrow(/writes .*audit.*audit\.folder/);
    expect((await service.call('POST', '/v1/notes', { body: { text: 'x' } })).status).toBe(201);
  } finally {
    await service.close();
  }
}, 60_000);
