export type { Check, Finding, Severity } from './check.ts';
export { CHECKS } from './check.registry.ts';
export { ConformanceInputError } from './conformance.error.ts';
export {
  conformanceOptionsSchema,
  failOnSchema,
  type ConformanceOptions,
  type FailOn,
  type ServiceCommand,
} from './conformance.options.ts';
export { exitCodeOf, type CheckResult, type CheckStatus, type Report } from './conformance.report.ts';
export { runConformance } from './conformance.runner.ts';
export { junitReport } from './reporters/junit.reporter.ts';
export { tableReport } from './reporters/table.reporter.ts';
