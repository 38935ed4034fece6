// Questions that more than one kind asks.
import { checkName } from './name.rules.ts';
import type { Question } from './question.ts';
import { quote, RefusalError } from './refusal.error.ts';
import { reservedReason } from './reserved.names.ts';
import { singular } from './word.forms.ts';
import { projectNames } from './workspace.ts';

const MAX_DESCRIPTION = 120; // characters: one line of a table and of --help

/** The name of a new npm workspace. */
export const projectName = (kind: 'service' | 'lib'): Question => ({
  name: 'name',
  flag: '<name>',
  message: `Name of the ${kind}`,
  check: (value, _answers, { root }) => checkName(kind, value, projectNames(root)),
});

/** One sentence for people; it goes into code, YAML and Markdown, so it is plain text. */
export const description = (initial: (name: string) => string): Question => ({
  name: 'description',
  flag: '--description <text>',
  message: 'What it is for, in one sentence',
  initial: (answers) => initial(answers.name as string),
  check: (value) => {
    if (value.length === 0 || value.length > MAX_DESCRIPTION || !/^[\p{L}\p{N} .,;:()'&/+–-]+$/u.test(value)) {
      throw new RefusalError(
        `the description ${quote(value)} is not one line of plain text`,
        `Use letters, digits and . , ; : ( ) ' & / + -, at most ${MAX_DESCRIPTION} characters.`,
      );
    }
  },
});

/** What one item of a resource is called in code. */
export const singularName = (resourceKey: string): Question => ({
  name: 'singular',
  flag: '--singular <name>',
  message: 'One of them is called',
  initial: (answers) => {
    const one = singular(answers[resourceKey] as string);
    return reservedReason(one, 'resource') ? `${one}-item` : one; // classes: class-item
  },
  check: (value, answers) => {
    checkName('resource', value);
    if (value === answers[resourceKey]) {
      throw new RefusalError(
        `the singular ${quote(value)} is the plural too`,
        `Give another, such as "${value}-item".`,
      );
    }
  },
});
