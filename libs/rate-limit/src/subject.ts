// Who is limited, once it is known who calls. Whatever authenticates sets `request.principal`; this is all that the limits want of it.
import { createHash } from 'node:crypto';

/** A caller, by its token, key or certificate. */
export interface LimitedPrincipal {
  /** Stable, and unique for its issuer. */
  readonly id: string;
  readonly issuer?: string;
  /** The name of a plan in the options. */
  readonly plan?: string;
}

/** What is read of a request. */
export interface LimitedRequest {
  readonly ip?: string;
  readonly principal?: LimitedPrincipal;
}

/** The key of a caller: as it is where it is short and plain, else its digest. */
export function subjectOf({ id, issuer }: LimitedPrincipal): string {
  const name = issuer === undefined ? id : `${issuer}|${id}`;
  if (/^[\w.:/@|-]{1,96}$/.test(name)) return `p:${name}`;
  return `p:${createHash('sha256').update(name).digest('base64url')}`;
}
