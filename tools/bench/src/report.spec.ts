import { handshakesMarkdown, markdown, stepsMarkdown } from './index.ts';

const micros = { median: 1234.5, min: 987.6, max: 2345.6 };
const row = {
  cpuMicros: micros,
  keptOfRaw: { median: 0.58, min: 0.55, max: 0.61 },
  startMs: 1234,
  restMB: 123,
  loadMB: 140,
};

it.each([
  [
    'the ratios',
    markdown({
      ...{ node: '24.21.0', rounds: 9, requestsPerRound: 4_000, connections: 64 },
      rows: [{ ...row, server: 'gatehouse built', method: 'POST' }],
      keptWithJournal: {
        GET: { throughput: row.keptOfRaw, cpu: row.keptOfRaw },
        POST: { throughput: row.keptOfRaw, cpu: row.keptOfRaw },
      },
      skipped: {},
    }),
  ],
  ['the steps', stepsMarkdown([{ step: 'connection, router, handler', GET: micros, POST: micros }])],
  [
    'the handshakes',
    handshakesMarkdown({
      rows: [{ server: 'gatehouse', resumed: true, cpuMicros: micros, perSecondAndCore: 2_000 }],
      skipped: {},
    }),
  ],
])('prints %s within 80 columns', (_, text) => {
  expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
});
