// A disk that hangs: mutations get 503 within two seconds and change nothing, reads go on, and everything goes on by itself afterwards.
import { join } from 'node:path';
import { queryEvents, verifyJournal } from '@gatehouse/audit';
import { startForTest } from '../src/testing/index.ts';
import { hangDisk } from './fixtures/hung.disk.ts';
import { calls, sample, SampleModule } from './fixtures/sample.app.ts';
import { until } from './fixtures/until.ts';

const hangs = process.platform === 'win32' ? it.skip : it;
if (hangs !== it) process.stderr.write('SKIPPED a hung disk: Windows has no FIFO that holds the threads of files\n');

describe('while the audit journal hangs', () => {
  hangs.each([
    ['continue', '200'],
    ['refuse', '503'],
  ] as const)(
    'mutations are refused within two seconds and change nothing; reads %s',
    async (reads, status) => {
      const service = await startForTest(SampleModule, sample, { audit: { readsWhileUnavailable: reads } });
      // by address: a name would be looked up by the threads that hang
      const send = async (head: string, body = '') => {
        const length = body && `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
        return (
          await service.raw(`${head} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${length}\r\n${body}`)
        ).slice(9, 12);
      };
      const create = () => send('POST /v1/notes', '{"text":"x"}');
      try {
        expect(await create()).toBe('201');
        const before = calls.count;
        const release = await hangDisk();
        try {
          const began = performance.now();
          expect(await create()).toBe('503');
          expect(performance.now() - began).toBeLessThan(2_000);
          expect(await create()).toBe('503');
          expect(calls.count).toBe(before);
          expect(await send('GET /v1/notes/1')).toBe(status);
          expect(await send('GET /health/live')).toBe('200');
        } finally {
          release();
        }
        await until(async () => (await create()) === '201');
        expect(await send('GET /v1/notes/1')).toBe('200');
        const folder = join(service.stateFolder, 'sample', 'audit');
        await until(async () => (await codes(folder)).filter((code) => code === 'dependency-unavailable').length >= 2);
        expect((await verifyJournal(folder)).finding).toBeUndefined();
      } finally {
        await service.close();
      }
    },
    60_000,
  );
});

async function codes(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { status_code: code } of queryEvents(folder)) found.push(code);
  return found;
}
