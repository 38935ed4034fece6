// From answers to files: the one way that the command, the tests and a script take.
import { readDescriptors } from './descriptor.reader.ts';
import type { Kind } from './kind.ts';
import { libKind } from './lib.kind.ts';
import type { Answers } from './manifest.ts';
import { isName } from './name.rules.ts';
import { formatPlan } from './plan.format.ts';
import { Plan } from './plan.ts';
import { answerQuestions, type Asking, type Facts, type Given } from './question.ts';
import { quote, RefusalError } from './refusal.error.ts';
import { resourceKind } from './resource.kind.ts';
import { serviceKind } from './service.kind.ts';
import { deriveFiles, deriveReferences } from './derived.files.ts';
import { unlockGone } from './lock.file.ts';
import { projectNames } from './workspace.ts';

/** Every kind, by name. */
export const kinds: Readonly<Record<string, Kind>> = { service: serviceKind, resource: resourceKind, lib: libKind };

/** A plan for one new thing. `plan.changes()` is empty when it exists already with the same answers. */
export interface Generation {
  readonly kind: Kind;
  readonly answers: Given;
  readonly plan: Plan;
  readonly exists: boolean;
  /** The answers without those that were only the next free: with them the same is planned again in what is there then. */
  readonly settled: Given;
}

/**
 * Asks what is missing and plans; writes nothing.
 * @param typed answers by question name, as typed; undefined ones are asked for
 * @throws RefusalError for a bad or missing answer, or a name that is taken
 */
export async function planNew(root: string, kindName: string, typed: Given, asking: Asking): Promise<Generation> {
  const kind = kinds[kindName];
  if (!kind || !Object.hasOwn(kinds, kindName)) {
    throw new RefusalError(`there is no kind ${quote(kindName)}`, `Kinds: ${Object.keys(kinds).join(', ')}.`);
  }
  refuseForeignFlags(kind, typed);
  const plan = new Plan(root);
  plan.rely('the list of projects', () => projectNames(root));
  const facts: Facts = { root, services: await readDescriptors(root, plan) };
  const given = asking === 'defaults' ? withPlace(kind, typed, facts) : typed;
  const recorded = wellFormed(kind, given) ? kind.recorded(plan, given) : undefined;
  if (recorded) {
    refuseOtherAnswers(kind, given, recorded);
    return { kind, answers: given, plan, exists: true, settled: given };
  }
  const answers = await answerQuestions(kind.questions, given, facts, asking);
  await kind.plan(plan, answers, facts);
  return { kind, answers, plan, exists: false, settled: withoutNextFree(kind, given, answers, facts) };
}

/**
 * Plans all derived files from all descriptors, and that what the lock file has of projects that are gone goes: what `gatehouse sync` writes and
 * `sync --check` compares.
 */
export async function planSync(root: string): Promise<Plan> {
  const plan = new Plan(root);
  await deriveFiles(plan, await readDescriptors(root, plan));
  deriveReferences(plan);
  unlockGone(plan);
  await formatPlan(plan);
  return plan;
}

// a resource is looked up in its service, so with --yes that default is taken first
function withPlace(kind: Kind, given: Given, facts: Facts): Given {
  const place = kind.questions.find(({ name }) => name === 'service')?.initial?.(given, facts);
  return place === undefined ? given : { service: place, ...given };
}

function withoutNextFree({ questions }: Kind, given: Given, answers: Given, facts: Facts): Given {
  const chosen = questions.filter(
    ({ name, nextFree, initial }) =>
      !nextFree || given[name] !== undefined || initial?.(answers, facts) !== answers[name],
  );
  return Object.fromEntries(chosen.map(({ name }) => [name, answers[name] as string]));
}

// before the names are used to look for a manifest: they are only looked up when they cannot be a path, and are no longer than one may be
function wellFormed(kind: Kind, given: Given): boolean {
  const names = kind.name === 'resource' ? [given.service, given.name] : [given.name];
  return names.every((name) => name !== undefined && isName(name));
}

function refuseForeignFlags(kind: Kind, given: Given): void {
  const known = kind.questions.map(({ name }) => name);
  const foreign = Object.keys(given).find((name) => given[name] !== undefined && !known.includes(name));
  if (foreign === undefined) return;
  const flags = kind.questions.map(({ flag }) => flag).join(', ');
  const typed = `--${foreign.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  throw new RefusalError(`${typed} means nothing for a ${kind.name}`, `It takes ${flags}.`);
}

function refuseOtherAnswers(kind: Kind, given: Given, recorded: Answers): void {
  const others = Object.keys(given).filter((key) => given[key] !== undefined && String(recorded[key]) !== given[key]);
  if (others.length === 0) return;
  const differences = others.map((key) => `${key} is ${recorded[key]}, not ${given[key]}`).join('; ');
  throw new RefusalError(
    `the ${kind.name} "${given.name}" exists with other answers: ${differences}`,
    `Edit it, or destroy it first: npx gatehouse destroy ${kind.name} ${given.name}`,
  );
}
