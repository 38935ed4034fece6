// What every kind of generated thing has: its questions, and how answers become a plan.
import type { Answers } from './manifest.ts';
import type { Plan } from './plan.ts';
import type { Facts, Given, Question } from './question.ts';

/** Something that `gatehouse new` makes. */
export interface Kind {
  readonly name: 'service' | 'resource' | 'lib';
  readonly questions: readonly Question[];
  /** The answers that an existing one was made from, by its name, or undefined. Throws RefusalError when it is ours. */
  readonly recorded: (plan: Plan, given: Given) => Answers | undefined;
  /** Plans all files, edits and derived files. */
  readonly plan: (plan: Plan, answers: Given, facts: Facts) => Promise<void>;
  /** The folder to typecheck, lint and test. */
  readonly project: (answers: Given) => string;
}
