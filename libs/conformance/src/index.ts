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
export { exitCodeOf, type CheckResult, type CheckStatus, type ExitCode, type Report } from './conformance.report.ts';
export { runConformance } from './conformance.runner.ts';
export { junitReport } from './reporters/junit.reporter.ts';
export { tableReport } from './reporters/table.reporter.ts';
export { sarifReport } from './reporters/sarif.reporter.ts';
export { AUDIT_CHECKS } from './tls-audit/audit.registry.ts';
export { auditTableReport } from './tls-audit/facts.reporter.ts';
export { auditTls, type TlsAuditOptions, type TlsAuditReport, type TlsFacts } from './tls-audit/tls.audit.ts';
