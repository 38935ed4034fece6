// The root tsconfig.json lists every project for the editor and `tsc -b`; `nx sync` would add the same line.
import { readObject } from './json.file.ts';
import type { Plan } from './plan.ts';
import { RefusalError } from './refusal.error.ts';

interface RootConfig {
  references: { path: string }[];
}

/**
 * The root tsconfig.json.
 * @throws RefusalError when it cannot be read, or has no list of projects
 */
export function rootConfig(plan: Plan): RootConfig {
  const config = readObject<RootConfig>(plan, 'tsconfig.json');
  if (Array.isArray(config?.references)) return config;
  throw new RefusalError('tsconfig.json has no "references"', 'Add `"references": []` to it.');
}

/** Plans the reference to a project folder such as `apps/orders`. */
export function addReference(plan: Plan, folder: string): void {
  edit(plan, (references) => [...references.filter(({ path }) => path !== `./${folder}`), { path: `./${folder}` }]);
}

/** Plans that the reference goes. */
export function removeReference(plan: Plan, folder: string): void {
  edit(plan, (references) => references.filter(({ path }) => path !== `./${folder}`));
}

function edit(plan: Plan, change: (references: { path: string }[]) => { path: string }[]): void {
  const config = rootConfig(plan);
  plan.write('tsconfig.json', `${JSON.stringify({ ...config, references: change(config.references) }, null, 2)}\n`);
}
