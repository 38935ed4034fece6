import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { keepTidy } from './journal.retention.ts';

const MIB = 1_048_576;

it.each([0, 1, MIB - 1, MIB, 24 * MIB + 7])(
  'compresses a closed file of %i bytes, and holds little of it',
  async (size) => {
    const folder = await mkdtemp(join(tmpdir(), 'gatehouse-retention-'));
    try {
      const line = randomBytes(500).toString('base64');
      const text = Buffer.alloc(size, line);
      await writeFile(join(folder, '00000001.journal'), text);
      const before = process.memoryUsage().arrayBuffers;
      let most = 0;
      const watch = setInterval(() => (most = Math.max(most, process.memoryUsage().arrayBuffers - before)), 1);
      await keepTidy({ folder, retainDays: 400, maxTotalBytes: 100 * MIB }, 2, async () => undefined);
      clearInterval(watch);
      expect(gunzipSync(await readFile(join(folder, '00000001.journal.gz'))).equals(text)).toBe(true);
      expect(most).toBeLessThan(8 * MIB);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
);
