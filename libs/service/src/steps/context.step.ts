// Step 2: every request gets an id of ours and a place in a trace (W3C Trace Context level 1). The caller's own id is not taken
// over: it could collide, or carry what a log should not. Parsing waits until somebody asks.
import { randomBytes, randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { ProblemError } from '@gatehouse/problem-details';
import type { Step } from '../step.ts';

/** W3C trace context of a request. */
export interface TraceContext {
  /** 32 hexadecimal digits: the caller's, or new. */
  readonly traceId: string;
  /** 16 hexadecimal digits of the caller's span; absent at the start of a trace. */
  readonly parentId?: string;
  readonly sampled: boolean;
  /** What the caller's systems keep with the trace; passed on as it came. */
  readonly tracestate?: string;
  /** Begins the span of a call to another service; where traces are on. */
  readonly beginCall?: (method: string, host: string) => RecordedCall;
}

/** As `@gatehouse/http-client` takes it. */
interface RecordedCall {
  readonly traceparent: string;
  end(status?: number): void;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** W3C trace context: taken from a valid `traceparent`, else begun here. */
    readonly trace: TraceContext;
  }
}

const begun = new WeakMap<FastifyRequest, TraceContext>();

/** For the step that records spans: where the request stands from now on. */
export function placeRequest(request: FastifyRequest, trace: TraceContext): void {
  begun.set(request, trace);
}

/** The trace of a request, where somebody else knows it too: its caller, or a service that was called. */
export function knownTrace(request: FastifyRequest): TraceContext | undefined {
  return request.headers.traceparent === undefined ? begun.get(request) : request.trace;
}

export const context: Step = {
  name: 'context',
  does: 'Request id, W3C trace context, length of the URL.',
  answers: ['url-too-long'],
  server: () => ({ genReqId: () => randomUUID(), requestIdHeader: false }),
  install(app, { settings }) {
    const { maxUrlBytes } = settings.limits;
    app.decorateRequest('trace', {
      getter() {
        let trace = begun.get(this);
        if (!trace) {
          const { traceparent, tracestate } = this.headers;
          const parsed = parseTraceparent(traceparent);
          begun.set(this, (trace = parsed ? { ...parsed, tracestate: stateOf(tracestate) } : newTrace()));
        }
        return trace;
      },
    });
    app.addHook('onRequest', (request, _reply, done) => {
      done((request.raw.url?.length ?? 0) > maxUrlBytes ? new ProblemError('url-too-long') : undefined);
    });
  },
};

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** A valid traceparent, or nothing: an invalid one begins a new trace (W3C Trace Context §3.2.2.4). */
export function parseTraceparent(header: string | string[] | undefined): TraceContext | undefined {
  if (typeof header !== 'string' || header.length > 128) return undefined;
  const match = TRACEPARENT.exec(header);
  if (!match || (header.startsWith('00') && match[4] !== undefined)) return undefined;
  const [, traceId = '', parentId, flags = '0'] = match;
  return { traceId, parentId, sampled: (parseInt(flags, 16) & 1) === 1 };
}

/** What may be passed on of a tracestate (W3C Trace Context §3.3.1). */
export const stateOf = (header: string | string[] | undefined): string | undefined =>
  typeof header === 'string' && /^[\x20-\x7e]{1,512}$/.test(header) ? header : undefined;

const newTrace = (): TraceContext => ({ traceId: randomBytes(16).toString('hex'), sampled: false });
