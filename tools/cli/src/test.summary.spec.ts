// What `npm test` says at its end is what CI keeps: the failed tests by name must be there.
import { TestSummary } from './test.summary.ts';

const OUTPUT = `
> nx run @gatehouse/api:test

FAIL test/transfers.e2e-spec.ts
  ● Console

    console.log
  ● POST /v1/transfers › moves money once

    expect(received).toBe(expected)

  ● POST /v1/transfers › moves money once

Tests:       1 failed, 3 passed, 4 total
Time:        1.5 s
> nx run @gatehouse/tls:test  [local cache]

Tests:       2 skipped, 5 passed, 7 total
Time:        2 s
`;

describe('the summary of the tests', () => {
  const summarise = (output: string, code: number) => {
    const lines: string[] = [];
    const summary = new TestSummary((line) => lines.push(line));
    for (const line of output.split('\n')) summary.line(line);
    return { code: summary.end(code), lines };
  };

  it('ends with each failed test, what it says, and the totals', () => {
    const { code, lines } = summarise(OUTPUT, 1);
    expect(code).toBe(1);
    expect(lines.slice(-4)).toEqual([
      '',
      '✗ @gatehouse/api POST /v1/transfers › moves money once\n    expect(received).toBe(expected)',
      expect.stringMatching(/^Took \d+ s\.$/),
      '8 passed, 1 failed, 2 skipped',
    ]);
  });

  it('fails when nothing ran, and when only Nx says so', () => {
    expect(summarise('', 0).code).toBe(1);
    expect(summarise('error: no project matches', 1)).toMatchObject({
      code: 1,
      lines: ['error: no project matches', '', expect.stringMatching(/^Took/), '0 passed, 0 failed, 0 skipped'],
    });
  });

  it('shows what a project said whose tests did not start, or were killed, and ticks it not', () => {
    const killed = '> nx run @gatehouse/tls:test\n\nError: Cannot find module x\n\n NX   Ran target test: failed\n';
    expect(summarise(killed, 1)).toMatchObject({
      code: 1,
      lines: expect.arrayContaining([
        'Error: Cannot find module x',
        expect.stringMatching(/^✗ @gatehouse\/tls /),
        '0 passed, 1 failed, 0 skipped',
      ]),
    });
    const none = '> nx run @gatehouse/tls:test\n\nNo tests found, exiting with code 0\n';
    expect(summarise(`${none}${OUTPUT}`, 0).lines).toContainEqual(expect.stringMatching(/^✓ @gatehouse\/tls /));
  });
});
