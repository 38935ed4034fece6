// The process itself: event loop, garbage collection, memory, CPU, file descriptors. Names as everybody's dashboards have them.
import { readdirSync } from 'node:fs';
import { constants, type PerformanceEntry, PerformanceObserver } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';

/** How often the lag of the event loop is looked at, in milliseconds. */
const LAG_EVERY_MS = 100;

const LAG_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const GC_BUCKETS = [0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1];

/** Adds them to the page. @returns what ends the watching */
export function processMetrics(metrics: Metrics): () => void {
  memory(metrics);
  cpu(metrics);
  const stops = [eventLoop(metrics), garbageCollection(metrics)];
  return () => stops.forEach((stop) => stop());
}

function eventLoop(metrics: Metrics): () => void {
  const lag = metrics.histogram({
    name: 'nodejs_eventloop_lag_seconds',
    help: `How much later than due a timer ran, looked at every ${LAG_EVERY_MS} ms.`,
    buckets: LAG_BUCKETS,
  });
  metrics.observe({
    type: 'counter',
    name: 'nodejs_eventloop_active_seconds_total',
    help: 'Time in which the event loop had something to do.',
    read: () => [[{}, performance.eventLoopUtilization().active / 1_000]],
  });
  let due = performance.now() + LAG_EVERY_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    lag.observe({}, Math.max(0, now - due) / 1_000);
    due = now + LAG_EVERY_MS;
  }, LAG_EVERY_MS).unref();
  return () => clearInterval(timer);
}

const GC_KINDS: Record<number, string> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

/** What an entry of type gc has more than others. */
type GarbageCollection = PerformanceEntry & { readonly detail?: { readonly kind?: number } };

function garbageCollection(metrics: Metrics): () => void {
  const pauses = metrics.histogram({
    name: 'nodejs_gc_duration_seconds',
    help: 'Pauses for garbage collection.',
    labels: ['kind'],
    buckets: GC_BUCKETS,
  });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { detail, duration } = entry as GarbageCollection;
      const kind = GC_KINDS[detail?.kind ?? -1] ?? 'other';
      pauses.observe({ kind }, duration / 1_000);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}

function memory(metrics: Metrics): void {
  const gauge = (name: string, help: string, field: keyof NodeJS.MemoryUsage) =>
    metrics.observe({ type: 'gauge', name, help, read: () => [[{}, process.memoryUsage()[field]]] });
  gauge('process_resident_memory_bytes', 'Memory of the process in RAM.', 'rss');
  gauge('nodejs_heap_size_total_bytes', 'Heap that V8 has.', 'heapTotal');
  gauge('nodejs_heap_size_used_bytes', 'Heap that V8 uses.', 'heapUsed');
  gauge('nodejs_external_memory_bytes', 'Memory outside the heap, buffers among it.', 'external');
}

function cpu(metrics: Metrics): void {
  metrics.observe({
    type: 'counter',
    name: 'process_cpu_seconds_total',
    help: 'CPU time of the process, user and system.',
    read: () => {
      const { user, system } = process.cpuUsage();
      return [[{}, (user + system) / 1e6]];
    },
  });
  const startedAt = Date.now() / 1_000 - process.uptime();
  metrics.observe({
    type: 'gauge',
    name: 'process_start_time_seconds',
    help: 'When the process began, Unix time.',
    read: () => [[{}, startedAt]],
  });
  if (process.platform !== 'linux') return;
  metrics.observe({
    type: 'gauge',
    name: 'process_open_fds',
    help: 'Open file descriptors.',
    read: () => [[{}, readdirSync('/proc/self/fd').length]],
  });
}
