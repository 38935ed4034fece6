// The request that code works for, where spans are recorded: a query knows by it whose it is, without being handed anything.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { RequestSpan } from './traces.ts';

const current = new AsyncLocalStorage<RequestSpan>();

/** Runs a handler as the work of a request. */
export const withinSpan = <T>(span: RequestSpan, work: () => T): T => current.run(span, work);

/** The span of the request under way, where it is recorded. */
export const currentSpan = (): RequestSpan | undefined => current.getStore();
