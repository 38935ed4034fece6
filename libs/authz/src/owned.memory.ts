// Rows with owners in the memory of one process, by the rules of a table: for a service that needs no database, and for trying one out.
import { randomUUID } from 'node:crypto';
import type { Principal } from '@gatehouse/authn';
import { ProblemError } from '@gatehouse/problem-details';
import { cutPage, type PageQuery } from '@gatehouse/validation';
import { absent, type Owned, type OwnedRows, type OwnedRowsPolicy } from './owned.rows.ts';
import type { Reach } from './policy.ts';

/** How many rows there may be; one caller must not be able to fill the memory, nor take all the room (OWASP API4:2023). */
export interface OwnedMemoryOptions extends OwnedRowsPolicy {
  readonly most?: number;
  readonly mostOfOne?: number;
}

interface Kept<Values> extends Required<Reach> {
  readonly row: Owned<Values>;
}

export class OwnedMemory<Values extends object> implements OwnedRows<Values> {
  private readonly byId = new Map<string, Kept<Values>>();
  private readonly counts = new Map<string, number>();

  constructor(protected readonly options: OwnedMemoryOptions) {}

  async create(caller: Principal, values: Values): Promise<Owned<Values>> {
    const { most = 10_000, mostOfOne = 1_000, writes } = this.options;
    const count = this.counts.get(ownerOf(writes(caller))) ?? 0;
    if (this.byId.size >= most || count >= mostOfOne)
      throw new ProblemError('conflict', { detail: 'There are too many already.' });
    this.counts.set(ownerOf(writes(caller)), count + 1);
    const row = { ...values, id: randomUUID(), version: 1, createdAt: new Date().toISOString() };
    this.byId.set(row.id, { ...writes(caller), row });
    return row;
  }

  async list(caller: Principal, { limit, cursor = '' }: PageQuery) {
    const reach = this.options.reads(caller);
    const rows = [...this.byId.values()].filter((kept) => reaches(reach, kept) && kept.row.id > cursor);
    return cutPage(
      rows.map(({ row }) => row).sort((a, b) => (a.id < b.id ? -1 : 1)),
      limit,
    );
  }

  async find(caller: Principal, id: string): Promise<Owned<Values>> {
    return this.reached(this.options.reads(caller), id).row;
  }

  async replace(caller: Principal, id: string, version: number, values: Values): Promise<Owned<Values>> {
    const kept = this.expected(caller, id, version);
    const row = { ...kept.row, ...values, version: version + 1 };
    this.byId.set(id, { ...kept, row });
    return row;
  }

  async remove(caller: Principal, id: string, version: number): Promise<void> {
    const owner = ownerOf(this.expected(caller, id, version));
    this.byId.delete(id);
    const left = (this.counts.get(owner) ?? 1) - 1;
    if (left > 0) this.counts.set(owner, left);
    else this.counts.delete(owner);
  }

  private expected(caller: Principal, id: string, version: number): Kept<Values> {
    const kept = this.reached(this.options.writes(caller), id);
    if (kept.row.version !== version) throw new ProblemError('precondition-failed');
    return kept;
  }

  private reached(reach: Reach, id: string): Kept<Values> {
    const kept = this.byId.get(id);
    if (!kept || !reaches(reach, kept)) throw absent(this.options.singular);
    return kept;
  }
}

const reaches = ({ tenant, owner }: Reach, kept: Required<Reach>): boolean =>
  kept.tenant === tenant && (owner === undefined || kept.owner === owner);

const ownerOf = ({ tenant, owner }: Required<Reach>): string => JSON.stringify([tenant, owner]);
