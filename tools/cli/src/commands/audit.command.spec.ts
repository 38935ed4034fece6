import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

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
      err: expect.stringContaining('there is no /'),
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

  /** Copies of the journal, and folders that are none. */
  async function place(name: string, files: Record<string, string | Buffer> = {}): Promise<string> {
    const made = join(folder, `place-${name}`);
    await mkdir(made);
    for (const [file, bytes] of Object.entries(files)) await writeFile(join(made, file), bytes);
    return made;
  }

  it.each<[what: string, flags: () => Promise<string[]>, says: RegExp]>([
    ['verify: no such folder', async () => ['verify', '/nowhere/at/all'], /there is no \/nowhere\/at\/all/],
    ['verify: a folder of others', async () => ['verify', await place('others', { 'a.txt': 'x' })], /has no\s+journal/],
    ['verify: an empty folder', async () => ['verify', await place('empty')], /has no\s+journal/],
    ['verify: a file', async () => ['verify', join(folder, 'checkpoint')], /is no\s+folder/],
    [
      'verify: no such checkpoint',
      async () => ['verify', folder, '--checkpoint', '/nowhere/c'],
      /there is no \/nowhere\/c/,
    ],
    [
      'verify: a key that is none',
      async () => ['verify', folder, '--key', join(folder, 'checkpoint')],
      /checkpoint is no key/,
    ],
    [
      'verify: a checkpoint that is none',
      async () => ['verify', folder, '--checkpoint', join(folder, 'checkpoint.pub')],
      /is not signed by a known/,
    ],
    ['query: a folder of others', async () => ['query', await place('query')], /has no\s+journal/],
    ['query: a time that is none', async () => ['query', folder, '--since', 'yesterday'], /--since.*UTC/s],
    ['query: a time of no zone', async () => ['query', folder, '--until', '2026-11-24T00:00:00'], /--until.*UTC/s],
    ['query: a count that is none', async () => ['query', folder, '--limit', 'many'], /--limit.*whole number/s],
    ['tail: a count that is none', async () => ['tail', folder, '--lines', '-1'], /--lines.*whole number/s],
    ['tail: no such folder', async () => ['tail', '/nowhere', '--no-follow'], /there is no \/nowhere/],
    ['prove: an event that is not there', async () => ['prove', folder, 'request-99'], /there is no event request-99/],
    ['prove: a folder of others', async () => ['prove', await place('prove'), 'x'], /has no\s+journal/],
    [
      'check-proof: what is no JSON',
      async () => ['check-proof', join(folder, 'checkpoint'), '--key', join(folder, 'checkpoint.pub')],
      /is\s+no\s+proof/,
    ],
    [
      'check-proof: other JSON',
      async () => {
        const file = join(await place('proof', { 'p.json': '{"index":1}' }), 'p.json');
        return ['check-proof', file, '--key', join(folder, 'checkpoint.pub')];
      },
      /is\s+no\s+proof/,
    ],
    [
      'query: a compressed file that ends too soon',
      async () => {
        const bytes = gzipSync(await readFile(join(folder, '00000001.journal')));
        return ['query', await place('cut', { '00000001.journal.gz': bytes.subarray(0, 900) })];
      },
      /00000001\.journal\.gz\s+is\s+damaged/,
    ],
  ])('%s: one sentence with its remedy, exit code 2, within 80 columns', async (_what, flags, says) => {
    const { code, out, err } = await run(...(await flags()));
    expect(err).toMatch(says);
    expect([code, out.includes('place-') ? out : '']).toEqual([2, '']);
    expect(err).not.toMatch(/^\s+at |node:internal/m);
    for (const line of err.split('\n')) if (!/^error: |\//.test(line)) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('verify: a folder from which all was taken is tampered with, once somebody has kept a checkpoint', async () => {
    const bare = await place('bare');
    const kept = ['--checkpoint', join(folder, 'checkpoint'), '--key', join(folder, 'checkpoint.pub')];
    expect(await run('verify', bare, ...kept)).toMatchObject({ code: 1, out: expect.stringMatching(/^✗ removed/) });
  });

  it('query and tail: print nothing that moves the cursor or turns the text around', async () => {
    const { auditOptionsSchema, Journal, RequestEvents } = await import('@gatehouse/audit');
    const hostile = await place('hostile');
    const settings = { ...auditOptionsSchema.parse({}), folder: hostile, service: 'orders' };
    const journal = await Journal.open({ ...settings, signingKey: Buffer.alloc(32, 1) });
    const uid = '\u001b[2J\r\n\u0085\u009b31m\u2028\u2029\u202e\u2066\u200f';
    const route = { service: 'orders', replica: journal.writer, method: 'PUT', path: '/o', operation: 'order.change' };
    const call = { requestId: 'r', address: '127.0.0.1', objects: [{ type: 'order', uid }] };
    const outcome = { status: 404, reason: 'not-found', durationMs: 1 };
    journal.append((sequence, time) => new RequestEvents(route).outcome(call, outcome, sequence, time), 'queued');
    await journal.close();
    for (const flags of [
      ['query', hostile, '--id', 'r'],
      ['tail', hostile, '--no-follow', '--lines', '2'],
    ]) {
      const { out } = await run(...flags);
      expect(out).not.toMatch(/(?!\n)[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
      expect(JSON.parse(out.split('\n')[0] ?? '')).toMatchObject({ resources: [{ uid }] }); // and it is the same
    }
  });

  it('query: ends without a word when its reader does', async () => {
    const command = `'${process.execPath}' '${gatehouse}' audit query '${folder}' | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const { out, err } = await new Promise<{ out: string; err: string }>((resolve) =>
      execFile('bash', ['-c', command], { env: { ...process.env, NODE_OPTIONS: '' } }, (_error, out, err) =>
        resolve({ out, err }),
      ),
    );
    expect([out.split('\n')[1], err]).toEqual(['0', '']);
  });
});
