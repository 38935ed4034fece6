/** The scope of auditors. */
export const AUDIT_SCOPE = 'audit:read';
