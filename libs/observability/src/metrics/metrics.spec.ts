import { Metrics } from './metrics.ts';

describe('Metrics', () => {
  it('prints counters, gauges and histograms as Prometheus reads them', () => {
    const metrics = new Metrics();
    metrics.counter({ name: 'a_total', help: 'A.', labels: ['kind'] }).inc({ kind: 'x' }, 2);
    metrics.gauge({ name: 'b', help: 'B.' }).set({}, -1.5);
    const sizes = metrics.histogram({ name: 'c_bytes', help: 'C.', buckets: [1, 10] });
    for (const value of [1, 5, 50, NaN]) sizes.observe({}, value);
    expect(metrics.page().body).toBe(
      [
        '# HELP a_total A.\n# TYPE a_total counter\na_total{kind="x"} 2',
        '# HELP b B.\n# TYPE b gauge\nb -1.5',
        '# HELP c_bytes C.\n# TYPE c_bytes histogram\nc_bytes_bucket{le="1"} 1\nc_bytes_bucket{le="10"} 2',
        'c_bytes_bucket{le="+Inf"} 3\nc_bytes_sum 56\nc_bytes_count 3\n',
      ].join('\n'),
    );
  });

  it('counts what is beyond its series as (other), and says so', () => {
    const metrics = new Metrics();
    const paths = metrics.counter({ name: 'paths_total', help: 'P.', labels: ['path'], maxSeries: 2 });
    for (let index = 0; index < 1_000; index++) paths.inc({ path: `/${index}` });
    const { body } = metrics.page();
    expect(body).toContain('paths_total{path="/1"} 1\npaths_total{path="(other)"} 998\n');
    expect(body).toContain('gatehouse_metrics_overflow_total{metric="paths_total"} 998\n');
  });

  it('lets no label value end its line or its quotes', () => {
    const metrics = new Metrics();
    metrics.gauge({ name: 'g', help: 'G.', labels: ['v'] }).set({ v: 'a"} 1\nfake 2\r\u001b[31m\\' }, 1);
    expect(metrics.page().body).toContain('g{v="a\\"} 1\\nfake 2??[31m\\\\"} 1\n');
  });

  it('leaves out a metric that cannot be read, and counts that', () => {
    const metrics = new Metrics();
    const read = () => {
      throw new Error('gone');
    };
    metrics.observe({ type: 'gauge', name: 'broken', help: 'B.', read });
    metrics.observe({ type: 'gauge', name: 'whole', help: 'W.', read: () => [[{}, 1]] });
    expect(metrics.page().body).toContain('whole 1\n');
    expect(metrics.page().body).toContain('gatehouse_metrics_read_failures_total{metric="broken"} 1\n');
  });

  it('refuses a name twice, and one that is malformed', () => {
    const metrics = new Metrics();
    metrics.counter({ name: 'a_total', help: 'A.' });
    expect(() => metrics.counter({ name: 'a_total', help: 'A.' })).toThrow('twice');
    expect(() => metrics.counter({ name: 'a', help: 'A.' })).toThrow('_total');
    expect(() => metrics.gauge({ name: 'bad name', help: 'A.' })).toThrow('snake_case');
  });
});
