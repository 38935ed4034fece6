// Sends each bad input once, to the routes that the service itself describes, and keeps the answers: one check judges the
// status, others look over all of them for leaks, shapes and ids.
import { skip, type Finding } from '../check.ts';
import { isRefusal, summary, type Answer } from '../client/answer.ts';
import type { ApiDescription, Operation } from '../openapi/openapi.document.ts';
import { bodyFor, requestFor } from '../openapi/operation.request.ts';
import { NoSampleError } from '../openapi/sample.budget.ts';
import type { Target } from '../target.ts';
import { BAD_BODIES, type BadBody, type BadBodyKind } from './bad.bodies.ts';

/** A bad request and what came back. */
export interface Exchange {
  readonly operation: Operation;
  readonly answer: Answer;
}

/** At most so many routes are tried with each bad body. */
const MAX_OPERATIONS = 12;
/** An oversized body weighs megabytes, so fewer routes are tried with it. */
const MAX_OVERSIZED = 2;

type Note = (text: string) => void;

/** The answers to one kind of bad body, one for each route with a JSON body. Skips when there is none to be asked. */
export async function answersTo(target: Target, kind: BadBodyKind, note: Note = () => undefined): Promise<Exchange[]> {
  const api = await target.api();
  const operations = api.operations
    .filter((operation) => operation.body)
    .slice(0, kind === 'oversized' ? MAX_OVERSIZED : MAX_OPERATIONS);
  if (operations.length === 0) skip('no route of the service takes a JSON body');
  const exchanges = await target.once(`bad body ${kind}`, () =>
    Promise.all(operations.map((operation) => sendBody(target, api, operation, BAD_BODIES[kind]).catch(unsampled))),
  );
  return admitted(target, sampled(exchanges, note));
}

/** For a promise of a route that may have no valid sample. */
export function unsampled(error: unknown): NoSampleError {
  if (error instanceof NoSampleError) return error;
  throw error;
}

/** What came of the routes that have a valid sample; the others are noted, and where there are only such the check is skipped. */
export function sampled<T>(outcomes: readonly (T | NoSampleError)[], note: Note): T[] {
  const lacking = outcomes.filter((outcome) => outcome instanceof NoSampleError);
  if (lacking.length > 0 && lacking.length === outcomes.length) throw lacking[0];
  for (const { message } of lacking) note(message);
  return outcomes.filter((outcome): outcome is T => !(outcome instanceof NoSampleError));
}

/** Findings where a bad body was let through, or crashed the service; `wanted` are the statuses that a good answer has. */
export async function judge(
  target: Target,
  kind: BadBodyKind,
  wanted: readonly number[],
  note: Note,
): Promise<Finding[]> {
  const exchanges = await answersTo(target, kind, note);
  return exchanges.flatMap(({ operation, answer }) => {
    // a route below a sample id may say 404 before it looks at the body
    const fine = wanted.includes(answer.status) || (answer.status === 404 && operation.path.includes('{'));
    return fine ? [] : [{ message: `${answer.label}: expected ${wanted.join(' or ')}`, evidence: summary(answer) }];
  });
}

/**
 * Like {@link judge}, for bad bodies whose refusal might have another cause: it must name the bad part, or the same body
 * without it must be accepted. Skips when neither can be shown.
 */
export async function judgeAgainstControl(
  target: Target,
  kinds: readonly BadBodyKind[],
  note: Note,
): Promise<Finding[]> {
  const api = await target.api();
  let proved = 0;
  const findings: Finding[] = [];
  const doubts: string[] = [];
  for (const kind of kinds) {
    // what has no sample has none for each kind
    for (const { operation, answer } of await answersTo(target, kind, kind === kinds[0] ? note : undefined)) {
      if (!isRefusal(answer)) findings.push({ message: `${answer.label} is not refused`, evidence: summary(answer) });
      else if (answer.text.includes((BAD_BODIES[kind] as BadBody).names ?? '\0')) proved += 1;
      else if (target.options.readOnly) doubts.push('a control request is needed, which --read-only forbids');
      else {
        const control = await controlAnswer(target, api, operation);
        if (control.status >= 200 && control.status < 300) proved += 1;
        else doubts.push(`no valid sample for ${operation.method} ${operation.path}: ${summary(control)}`);
      }
    }
  }
  if (findings.length === 0 && proved === 0) skip(doubts[0] ?? 'nothing was refused');
  return findings;
}

/** Every answer to the kinds of bad body that could be sent. */
export async function allBadBodyAnswers(target: Target): Promise<Answer[]> {
  const kinds = Object.keys(BAD_BODIES) as BadBodyKind[];
  const settled = await Promise.allSettled(kinds.map((kind) => answersTo(target, kind)));
  return settled.flatMap((outcome) =>
    outcome.status === 'fulfilled' ? outcome.value.map(({ answer }) => answer) : [],
  );
}

/** Without the answers that are about the caller instead of the body; skips when no other is left. */
export function admitted<T extends { readonly answer: Answer }>(target: Target, exchanges: readonly T[]): T[] {
  const rest = exchanges.filter(({ answer }) => answer.status !== 401 && answer.status !== 403);
  if (rest.length > 0) return rest;
  const why = target.options.token === undefined ? 'name a token with --token' : 'the token does not open them';
  return skip(`the routes answer ${exchanges[0]?.answer.status}: ${why}`);
}

function controlAnswer(target: Target, api: ApiDescription, operation: Operation): Promise<Answer> {
  const control: BadBody = { what: 'with a valid body', make: (valid) => JSON.stringify(valid) };
  return target.once(`control ${operation.method} ${operation.path}`, async () => {
    const { answer } = await sendBody(target, api, operation, control);
    return answer;
  });
}

async function sendBody(target: Target, api: ApiDescription, operation: Operation, bad: BadBody): Promise<Exchange> {
  const request = requestFor(api, operation);
  const answer = await target.send({
    ...request,
    headers: { ...request.headers, 'content-type': bad.contentType ?? 'application/json' },
    body: bad.make(bodyFor(api, operation)),
    label: `${operation.method} ${operation.path} ${bad.what}`,
  });
  return { operation, answer };
}
