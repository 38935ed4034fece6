// Spans of requests and of what they ask others for. What is written here knows nothing of OpenTelemetry: it is loaded where traces are
// on, and nowhere else.
import type { TracesSettings } from './traces.options.ts';

/** Names and numbers of ours; never what a caller sent. */
export type SpanAttributes = Readonly<Record<string, string | number>>;

/** Where a span stands (W3C Trace Context). */
export interface SpanPlace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  readonly sampled: boolean;
}

/** Something that a request asked another for. */
export interface CallSpan {
  readonly place: SpanPlace;
  end(attributes: SpanAttributes, failed: boolean): void;
}

/** A request under way. */
export interface RequestSpan extends CallSpan {
  /** @param begunAt milliseconds since the epoch, when it began before now */
  call(name: string, attributes: SpanAttributes, begunAt?: number): CallSpan;
}

/** What became of spans that were recorded. */
export interface TraceCounters {
  exported: number;
  /** There was no room, or the collector did not take them. */
  lost: number;
}

export interface Traces {
  readonly counters: Readonly<TraceCounters>;
  begin(name: string, attributes: SpanAttributes, caller: SpanPlace | undefined): RequestSpan;
  /** Posts what waits, for two seconds at most. */
  close(): Promise<void>;
}

/** What traces are opened with. */
export interface TracesContext {
  readonly service: string;
  readonly version: string;
  /** The token that the collector asks for, as it is now. */
  readonly token?: () => string;
  /** Told when the collector stops to take spans, with why, and when it takes them again. */
  readonly onState: (failure: Error | undefined) => void;
}

/** @throws Error when the CA of the collector cannot be read */
export async function openTraces(settings: TracesSettings, context: TracesContext): Promise<Traces> {
  const { OtelTraces } = await import('./otel.traces.ts');
  return new OtelTraces(settings, context);
}
