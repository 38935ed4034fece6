// A safeguard that fails is told like an attack: who writes nothing down, or serves an old secret, is what an attacker waits for.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytes, defineSecrets } from '@gatehouse/secrets';
import { type DetectionFinding } from '@gatehouse/detection';
import { defineService } from '../src/index.ts';
import { startForTest, type TestService, writeBuiltInKeys } from '../src/testing/index.ts';
import { hangDisk } from './fixtures/hung.disk.ts';
import { sample, SampleModule } from './fixtures/sample.app.ts';
import { until } from './fixtures/until.ts';

const safeguards = async ({ call, urls }: TestService): Promise<string[]> => {
  const { body } = await call('GET', '/alerts', { origin: urls.management.replace('localhost', '127.0.0.1') });
  return (body.alerts as DetectionFinding[])
    .filter(({ finding_info, severity_id }) => finding_info.analytic.uid === 'safeguardFailed' && severity_id === 5)
    .flatMap(({ resources }) => resources.map(({ uid }) => uid));
};

const hangs = process.platform === 'win32' ? it.skip : it;
if (hangs !== it) process.stderr.write('SKIPPED a hung disk: Windows has no FIFO that holds the threads of files\n');

hangs(
  'an audit journal that cannot be written is an alert, and a metric',
  async () => {
    const service = await startForTest(SampleModule, sample);
    try {
      expect(await safeguards(service)).toEqual([]);
      const release = await hangDisk();
      try {
        const body = '{"text":"x"}';
        const head =
          'POST /v1/notes HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: application/json';
        await service.raw(`${head}\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
        await until(async () => (await safeguards(service)).includes('audit'));
      } finally {
        release();
      }
      const { text } = await service.call('GET', '/metrics', { origin: service.urls.management });
      expect(text).toMatch(/gatehouse_safeguard_events_total\{safeguard="audit",level="error"\} [1-9]/);
    } finally {
      await service.close();
    }
  },
  60_000,
);

it('a secret that became unusable while running is an alert, without its value', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-safeguard-'));
  const put = (value: Uint8Array | string) => writeFile(join(folder, 'signing'), value, { mode: 0o600 });
  await put(randomBytes(32));
  const descriptor = defineService({
    root: import.meta.dirname,
    name: 'guarded',
    ports: { https: 0, http: 0, management: 0 },
    secrets: defineSecrets({ signing: bytes(32) }),
  });
  await writeBuiltInKeys(descriptor, folder);
  const service = await startForTest(SampleModule, descriptor, { env: { GATEHOUSE_SECRETS_FOLDER: folder } });
  try {
    await put('much-too-short');
    await until(async () => (await safeguards(service)).includes('secrets'));
    const { text } = await service.call('GET', '/alerts', { origin: service.urls.management });
    expect(text).not.toContain('much-too-short');
  } finally {
    await service.close();
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
