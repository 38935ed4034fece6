// The alert rules and the dashboard name metrics that a running service has, and Prometheus' own tool reads both: a rule on a metric
// that nobody has never fires, and nobody notices.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { text as textSecret, defineSecrets } from '@gatehouse/secrets';
import { defineService } from '../src/index.ts';
import { startForTest, type TestService } from '../src/testing/index.ts';
import { promtool } from './fixtures/promtool.ts';
import { SampleModule } from './fixtures/sample.app.ts';

const docker = fileURLToPath(new URL('../../../docker/', import.meta.url));
const read = (path: string) => readFileSync(`${docker}${path}`, 'utf8');
const tool = promtool();

/** Names in an expression that look like metrics of ours; `up`, `time()` and the like are Prometheus' own. */
const metricsIn = (expression: string): string[] =>
  expression.match(/\b(http_server|gatehouse|nodejs|process)_[a-z0-9_]+/g) ?? [];

let service: TestService;
let page: string;
beforeAll(async () => {
  const descriptor = defineService({
    root: import.meta.dirname,
    name: 'watched',
    ports: { https: 0, http: 0, management: 0 },
    logLevel: 'silent',
    database: {},
    secrets: defineSecrets({ apiToken: textSecret() }),
    // nobody is there: what is told of them is on the page all the same
    valkey: { url: 'valkey://nobody@localhost:1', insecureWithoutTls: true },
    traces: { url: 'https://localhost:1/v1/traces' },
    audit: { shipping: { otlpUrl: 'https://localhost:1/v1/logs', checkpointUrl: 'https://localhost:1/' } },
  });
  service = await startForTest(SampleModule, descriptor);
  await service.call('GET', '/v1/notes/1');
  await service.call('GET', '/nowhere');
  await service.raw('NONSENSE\r\n\r\n');
  page = (await service.call('GET', '/metrics', { origin: service.urls.management })).text;
}, 60_000);
afterAll(() => service?.close());

/** Every name that a query may use: of samples, and of families without any sample yet. */
const names = () => new Set([...page.matchAll(/^(?:# TYPE )?([a-z0-9_]+)/gm)].map(([, name]) => name));

/** No sample before something happened: an overflow, a garbage collection, a secret with a lease or a maxStale. */
const SILENT = new Set([
  'gatehouse_metrics_overflow_total',
  'gatehouse_secret_usable_seconds',
  'nodejs_gc_duration_seconds_sum',
]);
const absent = (used: ReadonlySet<string>) => [...used].filter((name) => !names().has(name) && !SILENT.has(name));

it('every metric of the alert rules is on the page', () => {
  const used = new Set(
    [...read('prometheus/alerts.yaml').matchAll(/expr:(.*(?:\n {10}.*)*)/g)].flatMap(([, text = '']) =>
      metricsIn(text),
    ),
  );
  expect(used.size).toBeGreaterThan(10);
  expect(absent(used)).toEqual([]);
});

it('every metric of the dashboard is on the page, and each panel has a title, a unit and a query', () => {
  const { panels } = JSON.parse(read('grafana/gatehouse.json')) as {
    panels: {
      type: string;
      title: string;
      fieldConfig?: { defaults: { unit: string } };
      targets?: { expr: string }[];
    }[];
  };
  const shown = panels.filter(({ type }) => type !== 'row');
  expect(shown.length).toBeGreaterThan(10);
  for (const { title, fieldConfig, targets = [] } of shown) {
    expect(title).not.toBe('');
    expect(fieldConfig?.defaults.unit).toBeTruthy();
    expect(targets.length).toBeGreaterThan(0);
  }
  const used = new Set(shown.flatMap(({ targets = [] }) => targets.flatMap(({ expr }) => metricsIn(expr))));
  expect(absent(used)).toEqual([]);
});

(tool ? it : it.skip)('promtool finds nothing wrong with the page', () => {
  expect(tool?.(docker, ['check', 'metrics'], page)).toBe('');
});

(tool ? it : it.skip)(
  'promtool passes the tests of the alert rules',
  () => {
    expect(tool?.(`${docker}prometheus`, ['test', 'rules', 'alerts.test.yaml'])).toContain('SUCCESS');
  },
  60_000,
);

it('each alert rule has a test', () => {
  const tests = read('prometheus/alerts.test.yaml');
  const alerts = [...read('prometheus/alerts.yaml').matchAll(/- alert: (\w+)/g)].map(([, name = '']) => name);
  expect(alerts.length).toBeGreaterThan(10);
  expect(alerts.filter((name) => !tests.includes(name))).toEqual([]);
});
