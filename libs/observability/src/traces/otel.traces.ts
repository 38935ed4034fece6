// Traces by the SDK of OpenTelemetry: its spans, its sampler, its queue and its OTLP exporter; no instrumentation that patches modules.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace, TraceFlags } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { CountingExporter, CountingProcessor } from './counting.exporter.ts';
import type { CallSpan, RequestSpan, SpanAttributes, SpanPlace, Traces, TracesContext } from './traces.ts';
import type { TracesSettings } from './traces.options.ts';

/** How long the last spans may take at the end. */
const CLOSE_MS = 2_000;

type Tracer = ReturnType<TracerProvider['getTracer']>;

/** See the head of the file. */
export class OtelTraces implements Traces {
  readonly counters = { exported: 0, lost: 0 };
  private readonly provider: TracerProvider;
  private readonly tracer: Tracer;

  constructor(settings: TracesSettings, { service, version, token, onState }: TracesContext) {
    const { url, caFile, timeoutMs, maxQueue, exportEveryMs, sampleRatio } = settings;
    const ca = caFile === undefined ? undefined : readFileSync(caFile, 'utf8');
    const waiting = { count: 0 };
    const exporter = new CountingExporter(
      new OTLPTraceExporter({
        url,
        timeoutMillis: timeoutMs,
        ...(token && { headers: async () => ({ authorization: `Bearer ${token()}` }) }), // asked for at each post
        httpAgentOptions: { keepAlive: true, maxSockets: 1, ca, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
      }),
      this.counters,
      waiting,
      onState,
    );
    const queue = new BatchSpanProcessor({
      exporter,
      maxQueueSize: maxQueue,
      maxExportBatchSize: Math.min(512, maxQueue),
      scheduledDelayMillis: exportEveryMs,
      exportTimeoutMillis: timeoutMs + 1_000,
    });
    const ratio = new TraceIdRatioBasedSampler(sampleRatio);
    this.provider = new TracerProvider({
      resource: resourceFromAttributes({ 'service.name': service, 'service.version': version }),
      sampler: settings.followCallers ? new ParentBasedSampler({ root: ratio }) : ratio,
      spanProcessors: [new CountingProcessor(queue, this.counters, waiting, maxQueue)],
    });
    this.tracer = this.provider.getTracer('gatehouse');
  }

  begin(name: string, attributes: SpanAttributes, caller: SpanPlace | undefined): RequestSpan {
    const above = caller ? trace.setSpanContext(ROOT_CONTEXT, remote(caller)) : ROOT_CONTEXT;
    return new OtelSpan(this.tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, above), this.tracer);
  }

  async close(): Promise<void> {
    const late = new AbortController();
    const end = this.provider.shutdown().catch(() => undefined);
    await Promise.race([end, delay(CLOSE_MS, undefined, { signal: late.signal }).catch(() => undefined)]);
    late.abort();
  }
}

const remote = ({ traceId, spanId, sampled }: SpanPlace) => ({
  traceId,
  spanId,
  traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE,
  isRemote: true,
});

class OtelSpan implements RequestSpan {
  constructor(
    private readonly span: Span,
    private readonly tracer: Tracer,
  ) {}

  get place(): SpanPlace {
    const { traceId, spanId, traceFlags } = this.span.spanContext();
    return { traceId, spanId, sampled: (traceFlags & TraceFlags.SAMPLED) !== 0 };
  }

  call(name: string, attributes: SpanAttributes, begunAt?: number): CallSpan {
    const above = trace.setSpan(ROOT_CONTEXT, this.span);
    const span = this.tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes, startTime: begunAt }, above);
    return new OtelSpan(span, this.tracer);
  }

  end(attributes: SpanAttributes, failed: boolean): void {
    if (!this.span.isRecording()) return;
    this.span.setAttributes(attributes);
    if (failed) this.span.setStatus({ code: SpanStatusCode.ERROR });
    this.span.end();
  }
}
