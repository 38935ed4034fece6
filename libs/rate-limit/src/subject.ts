// Who is limited, once it is known who calls. Whatever authenticates sets `request.principal`; this is all that the limits want of it.
import { createHash } from 'node:crypto';

/** A caller, by its token, key or certificate. */
export interface LimitedPrincipal {
  /** Stable and unique over all kinds of proof. */
  readonly id: string;
  /** The name of a plan in the options. */
  readonly plan?: string;
}

/** What is read of a request. */
export interface LimitedRequest {
  readonly ip?: string;
  readonly principal?: LimitedPrincipal;
}

/** The key of a caller: as it is where it is short and plain, else its digest. */
export function subjectOf({ id }: LimitedPrincipal): string {
  if (/^[\w.:@|-]{1,64}$/.test(id)) return `p:${id}`;
  return `p:${createHash('sha256').update(id).digest('base64url')}`;
}
