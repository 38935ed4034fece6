// A route that waits for a body, for the checks that send one slowly.
import { SkippedError } from '../check.ts';
import { reachingRequest } from '../openapi/operation.request.ts';
import type { Target } from '../target.ts';

/** The first route with a JSON body; undefined when the service describes none. */
export async function bodyRoute(target: Target): Promise<{ method: string; path: string } | undefined> {
  const api = await target.api().catch((error: unknown) => {
    if (error instanceof SkippedError) return undefined;
    throw error;
  });
  const operation = api?.operations.find(({ body }) => body);
  if (!api || !operation) return undefined;
  return { method: operation.method, path: reachingRequest(api, operation).path };
}
