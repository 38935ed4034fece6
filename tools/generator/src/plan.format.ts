// Generated code passes the same formatter as ours, so that the first commit of a service is a clean one.
import { join } from 'node:path';
import { check, format, resolveConfig } from 'prettier';
import type { Plan } from './plan.ts';
import { RefusalError } from './refusal.error.ts';

// formatting is idempotent, and a plan is formatted after each of its stages
const formatted = new WeakMap<Plan, Map<string, string>>();

/**
 * Formats every planned file that prettier knows. A file that existed and was not in prettier's form keeps its own.
 * @throws RefusalError when a planned file does not parse: the template is broken, and nothing is written
 */
export async function formatPlan(plan: Plan): Promise<void> {
  const done = formatted.get(plan) ?? new Map<string, string>();
  formatted.set(plan, done);
  for (const { path, before, after } of plan.changes()) {
    if (after === undefined || !/\.(?:ts|json|md|yaml)$/.test(path) || path === 'package-lock.json') continue;
    if (done.get(path) === after) continue;
    const options = { ...(await resolveConfig(join(plan.root, path))), filepath: path };
    // one that does not parse has no form of its own
    if (before !== undefined && !(await check(before, options).catch(() => true))) continue;
    try {
      const result = await format(after, options);
      done.set(path, result);
      plan.write(path, result);
    } catch (error) {
      const reason = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
      const remedy = before === undefined ? 'Mend its template under templates/.' : 'Mend it first.';
      throw new RefusalError(`the file ${path} would not parse: ${reason}`, remedy);
    }
  }
}
