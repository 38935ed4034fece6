// One table of questions a kind: each is a prompt and a flag, with the same check and default, so that a script and a
// person get the same service and the same refusals.
import type { ServiceSummary } from './descriptor.reader.ts';
import { promptFor } from './prompt.ts';
import { quote, RefusalError } from './refusal.error.ts';

/** What a question may look at. */
export interface Facts {
  readonly root: string;
  readonly services: readonly ServiceSummary[];
}

/** Something to know before generating. */
export interface Question {
  readonly name: string;
  /** How to answer on the command line: `<name>` or `--https-port <number>`. */
  readonly flag: string;
  readonly message: string;
  readonly choices?: (facts: Facts) => readonly string[];
  /** Undefined: somebody must answer. */
  readonly initial?: (answers: Given, facts: Facts) => string;
  /** Its default is the next that nobody has: another, when somebody was faster. */
  readonly nextFree?: true;
  /** Throws RefusalError for a bad answer. */
  readonly check: (value: string, answers: Given, facts: Facts) => void;
}

/** Answers so far, as typed. */
export type Given = Readonly<Record<string, string>>;

/** Who can be asked: `ask` when there is a terminal, `defaults` for --yes, `refuse` otherwise. */
export type Asking = 'ask' | 'defaults' | 'refuse';

/**
 * Answers every question: from flags, then as `asking` says. Each answer is checked, wherever it came from.
 * @throws RefusalError for a bad answer, or for a missing one, naming its flag
 */
export async function answerQuestions(
  questions: readonly Question[],
  given: Given,
  facts: Facts,
  asking: Asking,
): Promise<Given> {
  const answers: Record<string, string> = {};
  // flags first: a bad one is refused before anybody is asked anything
  for (const question of questions) {
    const value = given[question.name];
    if (value === undefined) continue;
    question.check(value, answers, facts);
    answers[question.name] = value;
  }
  for (const question of questions) {
    if (answers[question.name] !== undefined) continue;
    const value = await answer(question, answers, facts, asking);
    question.check(value, answers, facts);
    answers[question.name] = value;
  }
  // once more with every answer known: a flag may contradict the default of an earlier question
  for (const question of questions) question.check(answers[question.name] as string, answers, facts);
  return Object.fromEntries(questions.map(({ name }) => [name, answers[name] as string]));
}

async function answer(question: Question, answers: Given, facts: Facts, asking: Asking): Promise<string> {
  const initial = question.initial?.(answers, facts);
  if (asking === 'ask') return prompt(question, answers, facts, initial);
  if (asking === 'defaults' && initial !== undefined) return initial;
  const remedy =
    initial === undefined ? `Give ${question.flag}.` : `Give ${question.flag}, or --yes to take ${quote(initial)}.`;
  throw new RefusalError(`${question.flag} is missing, and there is nobody to ask`, remedy);
}

async function prompt(question: Question, answers: Given, facts: Facts, initial?: string): Promise<string> {
  const asked = {
    type: question.choices ? ('list' as const) : ('input' as const),
    name: question.name,
    message: question.message,
    ...(initial === undefined ? {} : { default: initial }),
    ...(question.choices ? { choices: [...question.choices(facts)] } : {}),
    validate: (value: string) => problem(() => question.check(value.trim(), answers, facts)) ?? true,
  };
  return String(await promptFor(asked, `Run it again, or give ${question.flag}.`)).trim();
}

function problem(check: () => void): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (error instanceof RefusalError) return `${error.message}. ${error.remedy}`;
    throw error;
  }
}
