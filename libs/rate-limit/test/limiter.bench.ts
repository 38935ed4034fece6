// What a decision costs and what a million callers take: `npm run bench -w libs/rate-limit`.
import { createRateLimiter } from '../src/index.ts';

const KEYS = 1_000_000;
const limits = await createRateLimiter({ address: { limit: 600, windowSeconds: 60, burst: 60 } });
const charges = [{ limit: limits.address, cost: 1 }];
const address = (index: number) =>
  `2001:${(index >> 16).toString(16)}:${(index & 0xffff).toString(16)}:1::${(index * 7).toString(16)}`;

const measure = (what: string, times: number, act: (index: number) => void) => {
  const cpu = process.cpuUsage();
  for (let index = 0; index < times; index++) act(index);
  const { user, system } = process.cpuUsage(cpu);
  process.stdout.write(`${what}: ${((user + system) / times).toFixed(2)} µs of CPU\n`);
};

const keys = Array.from({ length: KEYS }, (_, index) => address(index));
globalThis.gc?.();
const before = process.memoryUsage();
measure('warm up', 200_000, (index) => void limits.decide(`w:${index}`, charges));
measure('an address to its key (IPv6)', KEYS, (index) => void limits.addressKey(keys[index]));
measure('a new caller, of a million', KEYS, (index) => void limits.decide(keys[index] ?? '', charges));
measure('a known caller, of a million', KEYS, (index) => void limits.decide(keys[index] ?? '', charges));
measure('the same caller, refused', KEYS, () => void limits.decide('a:1', charges));
globalThis.gc?.();
const after = process.memoryUsage();
const grown = (after.heapUsed - before.heapUsed) / 1_048_576;
process.stdout.write(`memory: table ${(limits.status().tableBytes / 1_048_576).toFixed(1)} MiB, `);
process.stdout.write(`heap grown by ${grown.toFixed(1)} MiB, forgotten ${limits.status().evicted}\n`);
