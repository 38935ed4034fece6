// Passes a trace on (W3C Trace Context level 1): the same trace, a new span for the call. What is invalid is left out, not passed on.
import { randomBytes } from 'node:crypto';

/** Where a call belongs: `request.trace` of a Gatehouse service, or the headers of a request as they came. */
export interface CallContext {
  /** 32 hexadecimal digits. */
  readonly traceId?: string;
  readonly sampled?: boolean;
  readonly traceparent?: string;
  readonly tracestate?: string;
  /** Begins the span of a call, where the service records them. */
  readonly beginCall?: (method: string, host: string) => RecordedCall | undefined;
}

/** A call that is recorded as a span. */
export interface RecordedCall {
  readonly traceparent: string;
  /** @param status of the answer; undefined when there was none */
  end(status?: number): void;
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;
const TRACE_ID = /^(?!0{32})[0-9a-f]{32}$/;
const TRACESTATE = /^[\x20-\x7e]{1,512}$/;

/** The headers of a call; none without a valid trace. */
export function traceHeaders(
  { traceId, sampled, traceparent, tracestate }: CallContext = {},
  recorded?: RecordedCall,
): Record<string, string> {
  if (recorded) return withState({ traceparent: recorded.traceparent }, tracestate);
  const [, given, flags = '00'] = TRACEPARENT.exec(traceparent ?? '') ?? [];
  const id = given ?? (TRACE_ID.test(traceId ?? '') ? traceId : undefined);
  if (id === undefined) return {};
  const isSampled = given === undefined ? sampled === true : (parseInt(flags, 16) & 1) === 1;
  const headers = { traceparent: `00-${id}-${spanId()}-${isSampled ? '01' : '00'}` };
  return withState(headers, tracestate);
}

const withState = (headers: Record<string, string>, tracestate: string | undefined): Record<string, string> =>
  tracestate !== undefined && TRACESTATE.test(tracestate) ? { ...headers, tracestate } : headers;

function spanId(): string {
  const id = randomBytes(8).toString('hex');
  return /^0{16}$/.test(id) ? spanId() : id;
}
