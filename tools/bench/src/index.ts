export { BUDGETS, brokenBudgets } from './guard.ts';
export { markdown, type Report, type Row } from './report.ts';
export { FULL, QUICK, runBench, type BenchOptions } from './run-bench.ts';
export type { Summary } from './statistics.ts';
