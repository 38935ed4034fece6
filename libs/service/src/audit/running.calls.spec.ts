import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { FastifyReply } from 'fastify';
import { RunningCalls } from './running.calls.ts';

const CALLERS = 64;
/** What a call keeps while it is under way: 16 kB. */
const KEPT = 2_000;
const bytes = (calls: number): number => calls * KEPT * 8;

const oldSpace = (): number =>
  getHeapSpaceStatistics().find(({ space_name: name }) => name === 'old_space')?.space_used_size ?? Infinity;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const reply = (): FastifyReply => ({ kept: new Array<number>(KEPT).fill(0) }) as unknown as FastifyReply;

describe('RunningCalls', () => {
  it('keeps nothing of a call that was answered, so that the collector carries none along', () => {
    const running = new RunningCalls();
    const places = Array.from({ length: CALLERS }, () => running.enter(reply()));
    collect(); // makes what is alive old, and with it what hangs on it from then on
    let most = 0;
    const before = oldSpace();
    for (let call = 0; call < 20_000; call++) {
      running.leave(places[call % CALLERS] as number);
      places[call % CALLERS] = running.enter(reply());
      most = Math.max(most, oldSpace() - before);
    }
    expect(running.all()).toHaveLength(CALLERS);
    expect(most).toBeLessThan(bytes(10 * CALLERS));
  });

  it('gives a place that was left to the next', () => {
    const running = new RunningCalls();
    const [first, second] = [reply(), reply()];
    const place = running.enter(first);
    running.enter(second);
    running.leave(place);
    expect(running.all()).toEqual([second]);
    expect(running.enter(first)).toBe(place);
  });
});
