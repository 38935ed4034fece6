// What a descriptor and the environment may say, and nothing that does the work: a start that is refused loads no more than this.
export { auditOptionsSchema, type AuditOptions, type AuditSettings } from './audit.options.ts';
