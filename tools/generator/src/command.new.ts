// `gatehouse new`, without the command line's parser: plan, show, write, prove, say what comes next.
import { type Generation, kinds, planNew } from './generate.ts';
import { unifiedDiff } from './plan.diff.ts';
import { planAndWrite } from './plan.writer.ts';
import { answerQuestions, type Asking, type Given, type Question } from './question.ts';
import { RefusalError } from './refusal.error.ts';
import { describeStep, listChanges, noteTakenBack, type Output, type Result, summarize } from './report.ts';
import { type StepResult, verifyProject } from './verify.ts';

/** What `gatehouse new` was told. */
export interface NewOptions {
  readonly root: string;
  readonly kind?: string;
  readonly given: Given;
  readonly asking: Asking;
  readonly dryRun: boolean;
  readonly json: boolean;
  readonly verify: boolean;
}

const kindQuestion: Question = {
  name: 'kind',
  flag: '<kind>',
  message: 'What shall it be',
  choices: () => Object.keys(kinds),
  check: () => undefined,
};

/**
 * Runs the command.
 * @throws RefusalError for anything that it will not do
 */
export async function runNew(options: NewOptions, output: Output): Promise<Result> {
  const say = options.json ? () => undefined : output.out;
  await noteTakenBack(options, output);
  const kindName = options.kind ?? (await askKind(options));
  const generation = await generate(options, kindName);
  const { kind, answers, plan, exists } = generation;
  const changes = plan.changes();
  const result = {
    kind: kind.name,
    name: answers.name,
    exists,
    dryRun: options.dryRun,
    ...summarize(changes, options.dryRun),
  };
  if (exists) {
    say(`The ${kind.name} ${answers.name} exists with these answers: nothing to do.\n`);
    return { ok: true, ...result };
  }
  if (options.dryRun) {
    say(unifiedDiff(changes));
    return { ok: true, ...result };
  }
  say(`Made the ${kind.name} ${answers.name}:\n${listChanges(changes)}`);
  const steps = options.verify ? await prove(options, kind.project(answers), say) : [];
  const ok = steps.every((step) => step.ok);
  const next = nextCommands(kind.name, answers);
  say(ok ? `Next:\n${next.map((line) => `  ${line}\n`).join('')}` : 'Not all of it is right: see above.\n');
  return { ok, ...result, verify: steps, next };
}

/** What was answered counts when the plan is made again: nobody is asked twice. */
function generate({ root, given, asking, dryRun }: NewOptions, kind: string): Promise<Generation> {
  const again = asking === 'ask' ? 'defaults' : asking;
  const make = (earlier?: Generation) =>
    earlier ? planNew(root, kind, earlier.settled, again) : planNew(root, kind, given, asking);
  return dryRun ? make() : planAndWrite(make);
}

async function askKind({ root, asking }: NewOptions): Promise<string> {
  if (asking !== 'ask') {
    throw new RefusalError(
      'the argument <kind> is missing',
      `Give one of ${Object.keys(kinds).join(', ')}: gatehouse new service orders`,
    );
  }
  const { kind } = await answerQuestions([kindQuestion], {}, { root, services: [] }, asking);
  return kind as string;
}

async function prove({ root }: NewOptions, folder: string, say: (text: string) => void): Promise<StepResult[]> {
  const began = performance.now();
  say(`Proving ${folder}: typecheck, lint, tests …\n`);
  const steps = await verifyProject(root, folder);
  say(`${steps.map(describeStep).join('')}  in ${((performance.now() - began) / 1000).toFixed(1)} s\n`);
  return steps;
}

function nextCommands(kind: string, answers: Given): string[] {
  if (kind === 'lib') return [`Depend on "@gatehouse/${answers.name}" in a service's package.json, then npm install.`];
  const service = kind === 'service' ? answers.name : answers.service;
  return [`npm start ${service}`, `npx gatehouse new resource <name> --service ${service}`];
}
