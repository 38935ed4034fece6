// The disk of the journal is full: mutations get 503 at once and change nothing, reads go on, and with room again everything does.
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { queryEvents, verifyJournal } from '@gatehouse/audit';
import { startForTest } from '../src/testing/index.ts';
import { calls, sample, SampleModule } from './fixtures/sample.app.ts';
import { until } from './fixtures/until.ts';

/** A file system of a megabyte. @returns why this user may not have one */
function mount(folder: string): string | undefined {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return String(error).split('\n')[0];
  }
}

it('while the disk of the journal is full, mutations are refused within two seconds and change nothing', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-full-'));
  const disk = join(folder, 'disk');
  await mkdir(disk);
  const reason = mount(disk);
  if (reason !== undefined) {
    process.stderr.write(`SKIPPED a full disk: it needs the right to mount a tmpfs (${reason})\n`);
    return rm(folder, { recursive: true });
  }
  const service = await startForTest(SampleModule, sample, { audit: { folder: disk } });
  try {
    const create = async () => (await service.call('POST', '/v1/notes', { body: { text: 'x' } })).status;
    expect(await create()).toBe(201);
    await writeFile(join(disk, 'ballast'), Buffer.alloc(1_048_576)).catch(() => undefined); // as much as there is
    let status = 201;
    for (let tries = 0; tries < 200 && status === 201; tries++) status = await create();
    expect(status).toBe(503);
    const [before, began] = [calls.count, performance.now()];
    expect(await create()).toBe(503);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(calls.count).toBe(before);
    expect((await service.call('GET', '/v1/notes/1')).status).toBe(200);
    const { text } = await service.call('GET', '/metrics', { origin: service.urls.management });
    expect(text).toMatch(/gatehouse_audit_journal_writable 0/);
    await rm(join(disk, 'ballast'));
    await until(async () => (await create()) === 201);
    const codes: string[] = [];
    await until(async () => {
      codes.length = 0;
      for await (const { status_code: code } of queryEvents(disk)) codes.push(code);
      return codes.includes('journal-recovered') && codes.includes('dependency-unavailable');
    });
    await service.close();
    expect((await verifyJournal(disk)).finding).toBeUndefined();
  } finally {
    await service.close();
    execFileSync('umount', ['-l', disk]);
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
