// Knows what became of each span: the SDK's batches drop in silence what has no room or was not taken.
import type { Context } from '@opentelemetry/api';
import type { BatchSpanProcessor, ReadableSpan, Span, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace';
import type { TraceCounters } from './traces.ts';

type Result = Parameters<Parameters<SpanExporter['export']>[1]>[0];

/** Spans that wait, as the processor in front of the exporter has them. */
interface Waiting {
  count: number;
}

/** Counts what the exporter behind it did. */
export class CountingExporter implements SpanExporter {
  private failing = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly counters: TraceCounters,
    private readonly waiting: Waiting,
    private readonly onState: (failure: Error | undefined) => void,
  ) {}

  export(spans: ReadableSpan[], done: (result: Result) => void): void {
    this.waiting.count -= spans.length;
    this.exporter.export(spans, (result) => {
      const failed = result.code !== 0;
      this.counters[failed ? 'lost' : 'exported'] += spans.length;
      if (failed !== this.failing)
        this.onState(failed ? (result.error ?? new Error('it did not take them')) : undefined);
      this.failing = failed;
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.exporter.shutdown();
  }
}

/** Counts what the queue behind it has no room for; it keeps as many as `maxQueue`. */
export class CountingProcessor implements SpanProcessor {
  constructor(
    private readonly queue: BatchSpanProcessor,
    private readonly counters: TraceCounters,
    private readonly waiting: Waiting,
    private readonly maxQueue: number,
  ) {}

  onStart(span: Span, context: Context): void {
    this.queue.onStart(span, context);
  }

  onEnd(span: ReadableSpan): void {
    if (this.waiting.count >= this.maxQueue) {
      this.counters.lost += 1;
      return;
    }
    this.waiting.count += 1;
    this.queue.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.queue.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.queue.shutdown();
  }
}
