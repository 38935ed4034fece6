// /metrics over the wire: what it shows, that it stays small whatever callers send, and that callers cannot read it.
import { startForTest, type TestService } from '../src/testing/index.ts';
import { SampleModule, sample } from './fixtures/sample.app.ts';
import { until } from './fixtures/until.ts';

let service: TestService;
beforeAll(async () => {
  service = await startForTest(SampleModule, sample);
});
afterAll(() => service.close());

const page = async (accept?: string) => {
  const answer = await service.call('GET', '/metrics', { origin: service.urls.management, headers: { accept } });
  expect(answer.status).toBe(200);
  return answer;
};
const valueOf = (text: string, series: string): number | undefined => {
  const line = text.split('\n').find((candidate) => candidate.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length));
};

describe('/metrics', () => {
  it('counts a request by method, route template and status', async () => {
    const series = 'http_server_requests_total{method="GET",route="/health/live",status="200"}';
    const before = valueOf((await page()).text, series) ?? 0;
    await service.call('GET', '/health/live');
    const { text } = await page();
    expect(valueOf(text, series)).toBe(before + 1);
    expect(
      valueOf(text, 'http_server_request_duration_seconds_bucket{method="GET",route="/health/live",le="+Inf"}'),
    ).toBe(before + 1);
  });

  it('counts what the router refuses, and why', async () => {
    expect((await service.call('GET', '/%zz')).status).toBe(400);
    const { text } = await page();
    expect(valueOf(text, 'http_server_requests_total{method="GET",route="(unmatched)",status="400"}')).toBe(1);
    expect(valueOf(text, 'http_server_problems_total{code="malformed-url"}')).toBe(1);
  });

  it('counts connections that never became a request', async () => {
    expect(await service.raw('NONSENSE\r\n\r\n')).toContain('400');
    expect(valueOf((await page()).text, 'http_server_connections_refused_total{reason="malformed-http"}')).toBe(1);
  });

  it('shows certificates, memory, event loop and connections', async () => {
    const lag = 'nodejs_eventloop_lag_seconds_bucket{le="0.1"}';
    await until(async () => (await page()).text.includes(lag)); // looked at for the first time 100 ms after the start
    const { text } = await page();
    const notAfter = /^gatehouse_certificate_not_after_timestamp_seconds\{source="[^"]+",name="[^"]*"\} (\S+)$/m;
    expect(Number(notAfter.exec(text)?.[1])).toBeGreaterThan(Date.now() / 1_000);
    expect(valueOf(text, 'gatehouse_certificate_refusals_total')).toBe(0);
    expect(valueOf(text, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
    expect(text).toContain(lag);
    expect(valueOf(text, 'http_server_open_connections{listener="management"}')).toBe(1);
    expect(valueOf(text, 'gatehouse_metrics_read_failures_total')).toBeUndefined();
  });

  it('answers OpenMetrics where it is asked for, and the text format to the next caller', async () => {
    const open = await page('application/openmetrics-text;version=1.0.0,text/plain;q=0.5');
    expect(open.headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8');
    expect(open.text).toContain('# TYPE http_server_requests counter\nhttp_server_requests_total{');
    expect(open.text.endsWith('# EOF\n')).toBe(true);
    const plain = await page();
    expect(plain.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(plain.text).toContain('# TYPE http_server_requests_total counter\n');
  });

  it('is not on the port of the API', async () => {
    expect((await service.call('GET', '/metrics')).status).toBe(404);
  });
});
