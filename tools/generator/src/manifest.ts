// generated.json remembers the answers and a hash of each file, so that generating again is "nothing to do" and destroying
// tells your edits from what can be made again.
import { createHash } from 'node:crypto';
import { readObject } from './json.file.ts';
import type { Plan } from './plan.ts';
import { RefusalError } from './refusal.error.ts';
import { isProject } from './workspace.ts';

/** The answers to a kind's questions: what `new` was told. */
export type Answers = Readonly<Record<string, string | number>>;

/** One generated thing: from which answers, and which files (path in its folder → hash). */
export interface Part {
  readonly answers: Answers;
  readonly files: Readonly<Record<string, string>>;
}

/** The content of generated.json. `resources` only for services. */
export interface Manifest extends Part {
  readonly kind: 'service' | 'lib';
  readonly resources?: Readonly<Record<string, Part>>;
}

/** The manifest of a project folder such as `apps/orders`, or undefined when it was not generated. */
export function readManifest(plan: Plan, folder: string): Manifest | undefined {
  return readObject<Manifest>(plan, `${folder}/generated.json`);
}

/**
 * What an existing project was made from.
 * @throws RefusalError when the name belongs to something that was not generated
 */
export function recordedAnswers(plan: Plan, folder: string, name: string): Answers | undefined {
  const manifest = readManifest(plan, folder);
  if (manifest) return manifest.answers;
  if (isProject(plan.root, folder)) {
    throw new RefusalError(
      `the name "${name}" is taken: ${folder} exists and was not generated`,
      'Choose another name.',
    );
  }
  return undefined;
}

/** Plans the manifest, keys sorted so that undoing an edit gives the same bytes. */
export function writeManifest(plan: Plan, folder: string, manifest: Manifest): void {
  plan.write(`${folder}/generated.json`, `${JSON.stringify(sorted(manifest), null, 2)}\n`);
}

/** The part for files that the plan holds under `folder`; call it after formatting. */
export function describePart(plan: Plan, folder: string, answers: Answers, paths: readonly string[]): Part {
  const files = Object.fromEntries(
    paths.map((path) => [path.slice(folder.length + 1), hash(plan.read(path) as string)] as const),
  );
  return { answers, files };
}

/** Files of a part that are no longer as generated: edited or gone. Paths relative to `folder`. */
export function changedFiles(plan: Plan, folder: string, part: Part): string[] {
  return Object.entries(part.files)
    .filter(([path, expected]) => {
      const text = plan.read(`${folder}/${path}`);
      return text === undefined || hash(text) !== expected;
    })
    .map(([path]) => path);
}

/** Short enough to read in a diff, long enough that no edit keeps it: 96 bits of SHA-256. */
export function hash(text: string): string {
  return createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('base64url').slice(0, 16);
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}
