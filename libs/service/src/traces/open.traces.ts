// The traces of a service, where its descriptor says where they go: what is lost is told and counted, and holds nothing up.
import { currentSpan, openTraces, type Logger, type Metrics, type Traces } from '@gatehouse/observability';
import type { DatabaseContext } from '@gatehouse/database';
import type { Secrets } from '@gatehouse/secrets';
import type { ServiceSettings } from '../config/settings.ts';
import type { tracesToken } from './traces.secrets.ts';

/** Undefined without the option. @throws Error when the CA of the collector cannot be read */
export async function openServiceTraces(
  { traces: settings, name: service, version }: ServiceSettings,
  { log, metrics, secrets }: { log: Logger; metrics: Metrics; secrets: Secrets },
): Promise<Traces | undefined> {
  if (!settings) return undefined;
  const { host } = new URL(settings.url);
  const onState = (failure: Error | undefined) => {
    if (failure) log.warn({ collector: host, reason: failure.message }, 'spans cannot be posted, and are lost');
    else log.info({ collector: host }, 'spans are posted again');
  };
  const own = secrets.as<typeof tracesToken>();
  const token = settings.bearer ? () => own.get('gatehouseTracesToken').reveal() : undefined;
  const traces = await openTraces(settings, { service, version, token, onState });
  metrics.observe({
    type: 'counter',
    name: 'gatehouse_traces_spans_total',
    help: 'Spans that were recorded, by what became of them.',
    labels: ['outcome'],
    read: () => Object.entries(traces.counters).map(([outcome, count]) => [{ outcome }, count]),
  });
  return traces;
}

/** Makes a span of each query that is part of a recorded request. */
export const tracedQuery: NonNullable<DatabaseContext['onQuery']> = ({ operation, durationMs, failed }) => {
  const attributes = { 'db.system.name': 'postgresql', 'db.operation.name': operation };
  currentSpan()
    ?.call(operation, attributes, Date.now() - durationMs)
    .end({}, failed);
};
