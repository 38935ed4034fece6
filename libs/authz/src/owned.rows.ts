// Versioned rows of which each has an owner in a tenant: what a resource is until it needs more. A row that a caller may not see is not
// there, for reading, replacing and removing alike; who wrote first is not undone unseen.
import type { Principal } from '@gatehouse/authn';
import { ProblemError } from '@gatehouse/problem-details';
import type { PageQuery } from '@gatehouse/validation';
import type { Reach } from './policy.ts';

/** What every row has beside its own fields. */
export type Owned<Values> = Values & { readonly id: string; readonly version: number; readonly createdAt: string };

/** Who may do what; policies are functions beside the resource. */
export interface OwnedRowsPolicy {
  /** For the text of a 404: `invoice`. */
  readonly singular: string;
  readonly reads: (caller: Principal) => Reach;
  /** Also whose a new row is. */
  readonly writes: (caller: Principal) => Required<Reach>;
}

/** Kept in a table ({@link OwnedTable}) or in memory ({@link OwnedMemory}). */
export interface OwnedRows<Values extends object> {
  create(caller: Principal, values: Values): Promise<Owned<Values>>;
  list(caller: Principal, query: PageQuery): Promise<{ items: Owned<Values>[]; next: string | null }>;
  /** @throws ProblemError `not-found` */
  find(caller: Principal, id: string): Promise<Owned<Values>>;
  /** @throws ProblemError `not-found`, `precondition-failed` */
  replace(caller: Principal, id: string, version: number, values: Values): Promise<Owned<Values>>;
  /** @throws ProblemError `not-found`, `precondition-failed` */
  remove(caller: Principal, id: string, version: number): Promise<void>;
}

/** The same for what is not there and for what is not theirs. */
export const absent = (singular: string): ProblemError =>
  new ProblemError('not-found', { detail: `There is no such ${singular}.` });
