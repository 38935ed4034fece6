import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const gatehouse = fileURLToPath(new URL('../../bin/gatehouse.mjs', import.meta.url));

describe('gatehouse audit', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-audit-command-'));
    const { auditOptionsSchema, Journal, RequestEvents } = await import('@gatehouse/audit');
    const settings = auditOptionsSchema.parse({});
    const journal = await Journal.open({ ...settings, folder, service: 'orders', signingKey: Buffer.alloc(32, 1) });
    const route = {
      service: 'orders',
      replica: journal.writer,
      method: 'POST',
      path: '/v1/orders',
      operation: 'order.create',
    };
    const events = new RequestEvents(route);
    for (let index = 0; index < 20; index++) {
      const call = { requestId: `request-${index}`, address: '127.0.0.1' };
      const outcome = index % 5 === 0 ? { status: 403, reason: 'forbidden' } : { status: 201, reason: 'ok' };
      journal.append((sequence, time) => events.outcome(call, { ...outcome, durationMs: 1 }, sequence, time), 'queued');
    }
    await journal.close();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const run = (...flags: string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const options = { env: { ...process.env, NODE_OPTIONS: '' } };
      execFile(process.execPath, [gatehouse, 'audit', ...flags], options, (error, out, err) =>
        resolve({ code: Number(error?.code ?? 0), out, err }),
      );
    });

  it('verify: 0 for what was written, 1 and the first bad record for what was changed, 2 where there is nothing', async () => {
    const good = await run(
      'verify',
      folder,
      '--checkpoint',
      join(folder, 'checkpoint'),
      '--key',
      join(folder, 'checkpoint.pub'),
    );
    expect(good.out).toMatch(/^✓ 24 records from 0 on are as they were written\n/);
    expect(good.code).toBe(0);
    const file = join(folder, '00000001.journal');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('request-7"', 'request-X"'));
    const bad = await run('verify', folder);
    await writeFile(file, text);
    expect([bad.out.split('\n')[0], bad.code]).toEqual([
      '✗ changed at record 9: record 9, or the hash beside it, was changed',
      1,
    ]);
    expect(await run('verify', join(folder, 'nowhere'))).toMatchObject({
      code: 2,
      err: expect.stringContaining('there is no key'),
    });
  });

  it('prove and check-proof: one event, for somebody who has no journal', async () => {
    const { out, code } = await run('prove', folder, 'request-9');
    expect(code).toBe(0);
    const file = join(folder, 'proof.json');
    await writeFile(file, out);
    expect(await run('check-proof', file, '--key', join(folder, 'checkpoint.pub'))).toMatchObject({ code: 0 });
    await writeFile(file, out.replace('request-9', 'request-8'));
    expect(await run('check-proof', file, '--key', join(folder, 'checkpoint.pub'))).toMatchObject({ code: 1 });
  });

  it('query and tail: the events that are looked for, one a line', async () => {
    const ids = (out: string) =>
      out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).metadata.uid as string);
    expect(ids((await run('query', folder, '--reason', 'forbidden')).out)).toEqual(
      [0, 5, 10, 15].map((index) => `request-${index}`),
    );
    expect(ids((await run('query', folder, '--id', 'request-3')).out)).toEqual(['request-3']);
    expect(ids((await run('tail', folder, '--no-follow', '--lines', '2')).out)[0]).toBe('request-19');
  });
});
