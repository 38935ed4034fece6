// Entity tags (RFC 9110 §8.8.3): a write names the version that it was made from, so that nobody undoes another's unseen.
import { ProblemError } from '@gatehouse/problem-details';

interface Reply {
  header(name: string, value: string): unknown;
}

/** Sets the ETag of what is answered, from its version. */
export function tagged<Item extends { version: number }>(reply: Reply, item: Item): Item {
  reply.header('etag', `"${item.version}"`);
  return item;
}

/** Sets the ETag of what was made, and where it is: `collection` is the path that ids follow, such as `/v1/orders`. */
export function created<Item extends { id: string; version: number }>(
  reply: Reply,
  collection: string,
  item: Item,
): Item {
  reply.header('location', `${collection}/${item.id}`);
  return tagged(reply, item);
}

/**
 * The version that If-Match names; 0, which nothing has, for a tag that is none of ours.
 *
 * @throws ProblemError `precondition-required` (428, RFC 6585 §3) without one
 */
export function expectedVersion(ifMatch: string | undefined): number {
  if (!ifMatch) throw new ProblemError('precondition-required', { detail: 'Send If-Match with the ETag.' });
  return Number(/^"(\d{1,9})"$/.exec(ifMatch)?.[1] ?? 0);
}

/**
 * What a write that met nothing answers: 404 when `current` finds none, 412 when somebody else wrote first.
 *
 * @throws whatever `current` throws, else ProblemError `precondition-failed`
 * @example return (await update(id, version)) ?? stale(this.find(id));
 */
export async function stale(current: Promise<unknown>): Promise<never> {
  await current;
  throw new ProblemError('precondition-failed');
}
