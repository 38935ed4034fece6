import { after, backOffMs, LONGEST_DELAY_MS, renewalDelayMs } from './long.timer.ts';

describe('timers of leases', () => {
  it('does not fire at once for a delay of 2^31 ms or more (a token of 768 h)', async () => {
    let fired = 0;
    const cancels = [2 ** 31, 768 * 3600 * 1000, LONGEST_DELAY_MS * 3, Infinity].map((delay) =>
      after(delay, () => fired++),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const cancel of cancels) cancel();
    expect(fired).toBe(0);
  });

  it('renews between 60 and 67 % of the time to live', () => {
    expect(renewalDelayMs(9_000, () => 0)).toBeCloseTo(6_000);
    expect(renewalDelayMs(9_000, () => 1)).toBeCloseTo(5_400);
  });

  it('backs off up to a bound', () => {
    expect(backOffMs(0, 30_000, () => 1)).toBe(500);
    expect(backOffMs(40, 30_000, () => 1)).toBe(30_000);
    expect(backOffMs(40, 30_000, () => 0)).toBe(15_000);
  });
});
