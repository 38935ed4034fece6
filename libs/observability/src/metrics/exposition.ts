// The page in the two formats that Prometheus reads: its own text format 0.0.4, and OpenMetrics 1.0.0 for those who ask.
import type { Metric, Sample } from './metric.ts';

/** A format with its media type. */
export type ExpositionFormat = 'prometheus' | 'openmetrics';

export const MEDIA_TYPE: Record<ExpositionFormat, string> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** What an Accept header asks for. */
export function formatFor(accept: string | undefined): ExpositionFormat {
  return accept?.includes('application/openmetrics-text') ? 'openmetrics' : 'prometheus';
}

/** @param onError called for a metric that cannot be read; the others are there all the same */
export function exposition(
  metrics: Iterable<Metric>,
  format: ExpositionFormat,
  onError: (metric: Metric, error: unknown) => void,
): string {
  let page = '';
  for (const metric of metrics) {
    try {
      page += family(metric, [...metric.samples()], format);
    } catch (error) {
      onError(metric, error);
    }
  }
  return format === 'openmetrics' ? `${page}# EOF\n` : page;
}

function family({ name, help, type }: Metric, samples: readonly Sample[], format: ExpositionFormat): string {
  if (samples.length === 0) return '';
  // OpenMetrics names the family without the suffix of its samples.
  const title = format === 'openmetrics' && type === 'counter' ? name.slice(0, -'_total'.length) : name;
  const lines = samples.map(
    ({ suffix, labels, value }) => `${name}${suffix}${labels === '' ? '' : `{${labels}}`} ${printed(value)}\n`,
  );
  return `# HELP ${title} ${help}\n# TYPE ${title} ${type}\n${lines.join('')}`;
}

function printed(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
