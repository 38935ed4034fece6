// `gatehouse destroy`, without the command line's parser.
import { type Destruction, planDestroyProject, planDestroyResource } from './destroy.plan.ts';
import { unifiedDiff } from './plan.diff.ts';
import { type Change, StalePlanError } from './plan.ts';
import { planAndWrite } from './plan.writer.ts';
import { promptFor } from './prompt.ts';
import { quote, RefusalError } from './refusal.error.ts';
import { listChanges, noteTakenBack, type Output, type Result, summarize } from './report.ts';

/** What `gatehouse destroy` was told. */
export interface DestroyOptions {
  readonly root: string;
  readonly kind: string;
  readonly name: string;
  readonly service?: string;
  readonly force: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
  /** `ask` on a terminal, `yes` with --yes, `refuse` otherwise. */
  readonly confirm: 'ask' | 'yes' | 'refuse';
}

/**
 * Runs the command: shows what goes, asks, takes it away.
 * @throws RefusalError when work of people would be lost, or nobody agreed
 */
export async function runDestroy(options: DestroyOptions, output: Output): Promise<Result> {
  const say = options.json ? () => undefined : output.out;
  await noteTakenBack(options, output);
  const { plan, edited } = await (options.dryRun ? planned(options) : destroy(options, say));
  const changes = plan.changes();
  const result = {
    kind: options.kind,
    name: options.name,
    dryRun: options.dryRun,
    edited,
    ...summarize(changes, options.dryRun),
  };
  if (options.dryRun) {
    say(unifiedDiff(changes));
    return { ok: true, ...result };
  }
  const remains = whatRemains(options, changes);
  say(`Destroyed the ${options.kind} ${options.name}.${remains}\n`);
  return { ok: true, ...result };
}

/** Shows and asks once. What goes may be planned again for what others change, but not more of what people wrote. */
function destroy(options: DestroyOptions, say: (text: string) => void): Promise<Destruction> {
  return planAndWrite(async (earlier?: Destruction) => {
    const now = await planned(options);
    if (!earlier) await show(options, now, say);
    else if (now.edited.join() !== earlier.edited.join()) throw new StalePlanError('what you wrote there');
    return now;
  });
}

async function show(
  options: DestroyOptions,
  { plan, edited }: Destruction,
  say: (text: string) => void,
): Promise<void> {
  const changes = plan.changes();
  if (edited.length > 0 && !options.force) {
    throw new RefusalError(
      `${edited.length} file(s) changed since they were generated: ${edited.join(', ')}`,
      'Keep them elsewhere or commit them, then destroy with --force.',
    );
  }
  say(`These change:\n${listChanges(changes)}`);
  const added = edited.filter((path) => !changes.some((change) => change.path === path));
  if (added.length > 0) say(`These of yours go too:\n${added.map((path) => `  - ${path}\n`).join('')}`);
  await agree(options);
}

function whatRemains({ kind, name, service }: DestroyOptions, changes: readonly Change[]): string {
  if (kind === 'service') {
    return [
      ` Its data on this machine stays in .gatehouse/${name}.`,
      '  A stack that is up still runs it, and down leaves it: docker compose up --wait --remove-orphans',
    ].join('\n');
  }
  if (!changes.some(({ path }) => path.endsWith('.migrations.ts'))) return '';
  return [
    ' A database in which its migration ran no longer fits, and the service says so when it starts:',
    `  on this machine delete .gatehouse/${service}; elsewhere keep the migration, and add one that drops the table.`,
  ].join('\n');
}

async function planned({ root, kind, name, service }: DestroyOptions): Promise<Destruction> {
  if (kind === 'resource') {
    if (service === undefined)
      throw new RefusalError('--service is missing', 'Give the service that has the resource.');
    return planDestroyResource(root, service, name);
  }
  if (kind !== 'service' && kind !== 'lib') {
    throw new RefusalError(`there is no kind ${quote(kind)}`, 'Kinds: service, resource, lib.');
  }
  return planDestroyProject(root, kind, name);
}

async function agree({ confirm, kind, name }: DestroyOptions): Promise<void> {
  if (confirm === 'yes') return;
  if (confirm === 'refuse') throw new RefusalError('there is nobody to ask whether to go on', 'Give --yes.');
  const question = {
    type: 'confirm' as const,
    name: 'agreed',
    message: `Destroy the ${kind} ${name}?`,
    default: false,
  };
  const agreed = await promptFor(question, 'Run it again, or give --yes.');
  if (!agreed) throw new RefusalError('you did not agree', 'Nothing to do.');
}
