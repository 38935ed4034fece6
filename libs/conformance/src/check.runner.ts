// Runs checks: the slow ones first, many at once, those that disturb others at the end; beside them those that start processes of their own,
// and those of the process that the suite started, which nobody else asks. Each is bounded in time. One that throws is an error, never a pass.
import { SkippedError, type Check, type Finding } from './check.ts';
import { worstSeverity, type CheckResult } from './conformance.report.ts';
import type { Target } from './target.ts';

/** Time that a check has on top of the slowest client that it plays, milliseconds: a busy machine is no finding. */
const MARGIN_MS = 20_000;

/** Runs the checks, and returns their results in the order of the checks. */
export async function runChecks(
  checks: readonly Check[],
  target: Target,
  onProgress: (result: CheckResult) => void,
): Promise<CheckResult[]> {
  const results = new Map<string, CheckResult>();
  const runAll = async (queue: Check[], concurrency: number) => {
    const worker = async () => {
      for (let check = queue.shift(); check; check = queue.shift()) {
        const result = await runCheck(check, target);
        results.set(check.id, result);
        onProgress(result);
      }
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
  };
  const { concurrency } = target.options;
  const ofProcess = async ({ slow, quick, alone }: Phases) => {
    await Promise.all([runAll(slow, 1), runAll(quick, concurrency)]);
    await runAll(alone, 1);
  };
  const ofCommand = ({ slow, quick, alone }: Phases) => runAll([...slow, ...quick, ...alone], concurrency);
  const ofService = async ({ slow, quick, alone }: Phases) => {
    await runAll([...slow, ...quick], concurrency);
    await runAll(alone, 1);
  };
  await Promise.all([
    ofProcess(phasesOf(checks, 'process')),
    ofCommand(phasesOf(checks, 'command')),
    ofService(phasesOf(checks, undefined)),
  ]);
  return checks.flatMap(({ id }) => results.get(id) ?? []);
}

type Phases = Record<'slow' | 'quick' | 'alone', Check[]>;

function phasesOf(checks: readonly Check[], needs: Check['needs']): Phases {
  const phases: Phases = { slow: [], quick: [], alone: [] };
  for (const check of checks) {
    if (check.needs === needs) phases[check.alone ? 'alone' : check.slow ? 'slow' : 'quick'].push(check);
  }
  return phases;
}

async function runCheck(check: Check, target: Target): Promise<CheckResult> {
  const { id, title, control, remedy } = check;
  const start = Date.now();
  const notes: string[] = [];
  const outcome = (result: Pick<CheckResult, 'status' | 'findings' | 'reason'>): CheckResult => ({
    ...{ id, title, control, remedy, notes },
    severity: worstSeverity(check, result.findings),
    ms: Date.now() - start,
    ...result,
  });
  try {
    const findings = await bounded(check, target, (text) => void notes.push(text));
    return outcome({ status: findings.length > 0 ? 'fail' : 'pass', findings });
  } catch (error) {
    const reason = (error as Error).message;
    return outcome({ status: error instanceof SkippedError ? 'skipped' : 'error', findings: [], reason });
  }
}

async function bounded(check: Check, target: Target, note: (text: string) => void): Promise<Finding[]> {
  if (check.needs && !target.options.command)
    throw new SkippedError('needs a command that starts the service (--command)');
  const startMs = check.needs ? (target.options.command?.startSeconds ?? 0) * 3_000 : 0;
  const limitMs = Math.max(target.options.slowMs, startMs, target.options.timeoutMs * 2) + MARGIN_MS;
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not finished within ${limitMs} ms`)), limitMs);
  });
  return Promise.race([check.run(target, note), expiry]).finally(() => clearTimeout(timer));
}
