// The revocations of replicas that have no database, in the memory that they share: a log, of which each reads what it has not read. The
// memory may be emptied by a restart; whoever notices writes again what it knows, so that a replica that starts afterwards knows it too.
import { randomUUID } from 'node:crypto';
import { type SharedMemory, sharedScript } from '../shared.memory.ts';
import type { RevocationStore } from './revocation.feed.ts';
import type { Revocation } from './revocations.ts';

/** In one hash slot, as the keys of one script have to be in a cluster. Its entries are this and their number. */
const LOG = '{revocations}';

/** No token lives longer (maxLifetimeSeconds), and so no entry does. */
const LOG_MS = 8 * 86_400_000;

/** Entries of one answer. */
const BATCH = 500;

const HEAD = `local head = redis.call('GET', KEYS[1])
local epoch, first, last = string.match(head or '', '^(%S+) (%d+) (%d+)$')`;

/** ARGV: the epoch of a log that begins now, the entry, how long it stays, how long the log does. What is over at its beginning is skipped from then on. */
const ADD = sharedScript(`${HEAD}
if not epoch then epoch, first, last = ARGV[1], 1, 0 end
first, last = tonumber(first), tonumber(last) + 1
redis.call('SET', KEYS[1] .. ':' .. last, ARGV[2], 'PX', ARGV[3])
for _ = 1, 100 do
  if first >= last or redis.call('GET', KEYS[1] .. ':' .. first) then break end
  first = first + 1
end
redis.call('SET', KEYS[1], epoch .. ' ' .. first .. ' ' .. last, 'PX', ARGV[4])
return last`);

/** ARGV: the epoch that is known, the last entry that was read. @returns epoch, the entry read up to, the last there is, then entries */
const READ = sharedScript(`${HEAD}
if not epoch then return {'', 0, 0} end
first, last = tonumber(first), tonumber(last)
local from = first
if ARGV[1] == epoch then from = math.max(first, tonumber(ARGV[2]) + 1) end
local to = math.min(last, from + ${BATCH} - 1)
local answer = {epoch, to, last}
for number = from, to do
  local entry = redis.call('GET', KEYS[1] .. ':' .. number)
  if entry then answer[#answer + 1] = entry end
end
return answer`);

type Answer = [epoch: string, to: number, last: number, ...entries: string[]];

/** See the head of the file. */
export class SharedRevocations implements RevocationStore {
  readonly through = 'valkey';
  private epoch = '';
  private readTo = 0;

  /** @param known what this replica knows already */
  constructor(
    private readonly memory: SharedMemory,
    private readonly known: () => readonly Revocation[],
  ) {}

  async add({ kind, issuer, value, at, until }: Revocation): Promise<void> {
    const stays = Math.ceil(Math.min(until - Date.now(), LOG_MS));
    if (stays <= 0) return;
    const entry = JSON.stringify({ kind, issuer, value, at, until });
    await this.memory.evaluate(ADD, [LOG], [randomUUID(), entry, stays, LOG_MS]);
  }

  /** Those that were not read yet. */
  async recent(): Promise<Revocation[]> {
    const found: Revocation[] = [];
    let [epoch, readTo] = [this.epoch, this.readTo];
    for (let more = true; more;) {
      const [now, to, last, ...entries] = (await this.memory.evaluate(READ, [LOG], [epoch, readTo])) as Answer;
      found.push(...entries.map((entry) => JSON.parse(entry) as Revocation));
      [epoch, readTo, more] = [now, to, to < last];
    }
    if (epoch !== this.epoch) await this.restore(found);
    [this.epoch, this.readTo] = [epoch, readTo];
    return found;
  }

  /** The log is another one than before. */
  private async restore(found: readonly Revocation[]): Promise<void> {
    const there = new Set(found.map(nameOf));
    for (const revocation of this.known()) if (!there.has(nameOf(revocation))) await this.add(revocation);
  }
}

const nameOf = ({ kind, issuer, value, at }: Revocation): string => JSON.stringify([kind, issuer, value, at]);
