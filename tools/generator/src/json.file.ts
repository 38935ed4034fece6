// JSON that people own may be half-edited or in conflict: then it is named, with what mends it, before anything is written.
import { join } from 'node:path';
import { readFile } from './plan.files.ts';
import type { Plan } from './plan.ts';
import { RefusalError } from './refusal.error.ts';

/**
 * The object in a file of the workspace, as planned; undefined when there is no such file.
 * @throws RefusalError naming the file, when it holds something else
 */
export function readObject<T extends object>(plan: Plan, path: string): T | undefined {
  return parse(path, plan.read(path));
}

/** The same of the disk, for what no plan is made from. */
export function readObjectOnDisk<T extends object>(root: string, path: string): T | undefined {
  return parse(path, readFile(join(root, path)));
}

function parse<T extends object>(path: string, text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as T;
  } catch (error) {
    throw damaged(path, (error as Error).message.split('\n', 1)[0] as string);
  }
  throw damaged(path, 'it is no object');
}

function damaged(path: string, reason: string): RefusalError {
  return new RefusalError(`${path} is not valid JSON: ${reason}`, `Mend it, or restore it: git checkout -- ${path}`);
}
