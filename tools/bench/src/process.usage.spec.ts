import { cpuTicks, residentBytes } from './process.usage.ts';

describe('cpuTicks', () => {
  it('adds user and system time, whatever the name of the program', () => {
    expect(cpuTicks('7 (a b) c) S 1 7 7 0 -1 4194304 10 20 30 40 250 50 1 2 20 0 11 0 99')).toBe(300);
  });
});

describe('residentBytes', () => {
  it('reads kilobytes', () => {
    expect(residentBytes('Name:\tnode\nVmPeak:\t 9 kB\nVmRSS:\t  2048 kB\nThreads:\t11\n')).toBe(2_097_152);
  });
});
