// What the commands say: short lines for people, one JSON object for scripts, and refusals that look the same everywhere.
import { unifiedDiff } from './plan.diff.ts';
import { isUnfinished, takeBackUnfinished } from './plan.journal.ts';
import type { Change } from './plan.ts';
import { RefusalError } from './refusal.error.ts';
import type { StepResult } from './verify.ts';

/** Exit codes of the commands. */
export const EXIT = { ok: 0, failed: 1, refused: 2 } as const;

/** Where a command writes: real streams, or strings in a test. */
export interface Output {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

/** The result of a command, as `--json` prints it. */
export type Result = { readonly ok: boolean } & Readonly<Record<string, unknown>>;

/**
 * Runs a command's body and gives its exit code. A refusal becomes two lines (or JSON) and exit code 2; any other error
 * is not caught: it is a fault of ours and shall be seen whole.
 */
export async function runReporting(json: boolean, output: Output, body: () => Promise<Result>): Promise<number> {
  try {
    const result = await body();
    if (json) output.out(`${JSON.stringify(result, null, 2)}\n`);
    return result.ok ? EXIT.ok : EXIT.failed;
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    const { message, remedy, written } = error;
    if (json) output.out(`${JSON.stringify({ ok: false, error: { message, remedy, written } }, null, 2)}\n`);
    else output.error(`Refused: ${message}.\n  ${remedy}\n  ${written}\n`);
    return EXIT.refused;
  }
}

/**
 * Before a command looks at anything: takes back what one wrote that was killed half-way, and says so.
 * @throws RefusalError where nothing may be written now, or another command does not end
 */
export async function noteTakenBack(
  options: { root: string; dryRun?: boolean; check?: boolean },
  output: Output,
): Promise<void> {
  if (options.dryRun || options.check) {
    if (!(await isUnfinished(options.root))) return;
    throw new RefusalError('an earlier command was killed half-way', 'Run npx gatehouse sync: it takes that back.');
  }
  const { back, left } = await takeBackUnfinished(options.root);
  if (back.length > 0)
    output.error(`An earlier command was killed half-way: took its ${back.length} change(s) back.\n`);
  if (left.length > 0) output.error(`These changed since, and were left as they are: ${left.join(', ')}\n`);
}

/** `+ apps/orders/src/main.ts` and so on, one a line. */
export function listChanges(changes: readonly Change[]): string {
  return changes.map((change) => `  ${SIGN[action(change)]} ${change.path}\n`).join('');
}

const SIGN = { create: '+', edit: '~', remove: '-' } as const;

/** The changes without their texts, for `--json`. */
export function summarize(changes: readonly Change[], withDiff: boolean): Record<string, unknown> {
  return {
    changes: changes.map((change) => ({ path: change.path, action: action(change) })),
    ...(withDiff ? { diff: unifiedDiff(changes) } : {}),
  };
}

/** One line a step of the proof; what it said only when it failed. */
export function describeStep({ step, ok, passed, output }: StepResult): string {
  const line = `  ${ok ? '✓' : '✗'} ${step}${passed === undefined ? '' : ` (${passed} passed)`}\n`;
  return output === undefined ? line : `${line}${output.replace(/^/gm, '    ')}\n`;
}

function action({ before, after }: Change): keyof typeof SIGN {
  return before === undefined ? 'create' : after === undefined ? 'remove' : 'edit';
}
