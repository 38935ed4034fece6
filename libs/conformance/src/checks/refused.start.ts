// A start that has to be refused, for the checks that try one: the service must end by itself, with a code that is not 0, and name what was
// wrong.
import { basename } from 'node:path';
import type { Finding } from '../check.ts';
import type { ServiceCommand } from '../conformance.options.ts';
import { startService, type ServiceProcess } from '../process/service.process.ts';

/** What a service is started with, and must not be. */
export interface UnfitStart {
  /** As a finding calls it. */
  readonly what: string;
  readonly env: Readonly<Record<string, string>>;
  /** What the refusal has to say; of a path its last part is shown. */
  readonly names: string;
  /** It may not listen, or not be ready. Default: ready. */
  readonly mayNot?: 'listen' | 'be ready';
}

/** What came of it. */
export interface TriedStart {
  readonly findings: readonly Finding[];
  /** What the process wrote, its end. */
  readonly output: string;
}

/** @returns no findings where it was refused */
export async function tryStart(command: ServiceCommand, unfit: UnfitStart): Promise<TriedStart> {
  const first = await startOnce(command, unfit);
  // who answers though the service is gone is a stranger, who took the port while it was free: once more, on other ports
  return first.outlived ? startOnce(command, unfit) : first;
}

async function startOnce(command: ServiceCommand, unfit: UnfitStart): Promise<TriedStart & { outlived: boolean }> {
  const service = await startService(command, unfit.env);
  const ms = command.startSeconds * 1000;
  let served: boolean;
  let findings: Finding[];
  try {
    const serves = unfit.mayNot === 'listen' ? service.listens(ms) : service.ready(ms);
    served = await Promise.race([serves, service.exit(ms).then(() => false)]);
    findings = served ? [servesWith(unfit)] : await findingsOf(service, unfit, await service.exit(0), ms);
  } finally {
    await service.dispose();
  }
  return { findings, output: service.output(), outlived: served && (await service.isTaken()) };
}

const servesWith = ({ mayNot, what }: UnfitStart): Finding => ({
  message: `${mayNot === 'listen' ? 'it listens' : 'the service starts'} with ${what}`,
});

async function findingsOf(
  service: ServiceProcess,
  { what, names }: UnfitStart,
  code: number | undefined,
  ms: number,
): Promise<Finding[]> {
  const evidence = service.output().slice(-200);
  if (code === undefined)
    return [{ message: `with ${what} it neither serves nor ends within ${ms / 1000} s`, evidence }];
  if (code === 0) return [{ message: `with ${what} the process ends with 0, as if all were well`, evidence }];
  if (await service.said(names)) return [];
  const message = `the refusal of ${what} does not name ${basename(names)}`;
  return [{ message, evidence: service.output().slice(-200), severity: 'low' }];
}
