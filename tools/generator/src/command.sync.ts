// `gatehouse sync`, without the command line's parser.
import { planSync } from './generate.ts';
import { unifiedDiff } from './plan.diff.ts';
import { planAndWrite } from './plan.writer.ts';
import { listChanges, noteTakenBack, type Output, type Result, summarize } from './report.ts';

/** What `gatehouse sync` was told. */
export interface SyncOptions {
  readonly root: string;
  readonly check: boolean;
  readonly json: boolean;
}

/**
 * Writes the derived files, or with `check` only says whether they are as derived.
 * @throws RefusalError when a descriptor cannot be read
 */
export async function runSync({ root, check, json }: SyncOptions, output: Output): Promise<Result> {
  const say = json ? () => undefined : output.out;
  await noteTakenBack({ root, check }, output);
  const make = async () => ({ plan: await planSync(root) });
  const { plan } = await (check ? make() : planAndWrite(make));
  const changes = plan.changes();
  if (changes.length === 0) {
    say('All derived files are as derived.\n');
  } else if (check) {
    say(`${unifiedDiff(changes)}${changes.length} derived file(s) differ. Run: npx gatehouse sync\n`);
  } else {
    say(`Derived anew:\n${listChanges(changes)}`);
  }
  return { ok: !check || changes.length === 0, ...summarize(changes, check) };
}
