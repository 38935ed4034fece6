export { BUDGETS, brokenBudgets } from './guard.ts';
export type { Progress } from './bench.session.ts';
export { markdown, type Report, type Row } from './report.ts';
export type { BenchOptions } from './rounds.ts';
export { FULL, QUICK, runBench } from './run-bench.ts';
export { HANDSHAKES, handshakesMarkdown, runHandshakes, type HandshakeReport } from './run-handshakes.ts';
export { runSteps, STEPS, stepsMarkdown, type StepCost } from './run-steps.ts';
export type { Summary } from './statistics.ts';
