// Before the first check: the command starts a service. One that starts nothing would be an error of each check that needs it, or a
// finding that is not true.
import { access, constants, stat } from 'node:fs/promises';
import { delimiter, resolve } from 'node:path';
import { ConformanceInputError } from './conformance.error.ts';
import type { ServiceCommand } from './conformance.options.ts';
import { NotReadyError } from './process/suite.process.ts';
import type { Target } from './target.ts';

/** Characters of its output in the error. */
const SHOWN = 1_000;

/**
 * The program of the command is there, as far as that is known without a start.
 * @throws {ConformanceInputError}
 */
export async function findProgram({ argv, cwd = '.', env }: ServiceCommand): Promise<void> {
  const [program = ''] = argv;
  const remedy = 'name the program and its arguments with --command <command>';
  const folder = await stat(cwd).catch(() => undefined);
  if (!folder?.isDirectory())
    throw new ConformanceInputError(`the command cannot be started: no folder ${cwd}`, remedy);
  if (process.platform === 'win32') return; // endings and places of its own
  const path = env.PATH ?? process.env.PATH ?? '';
  const places = program.includes('/') ? [program] : path.split(delimiter).map((place) => `${place || '.'}/${program}`);
  let isThere = false;
  for (const place of places.map((name) => resolve(cwd, name))) {
    const found = await stat(place).catch(() => undefined);
    if (!found?.isFile()) continue;
    isThere = true;
    if (
      await access(place, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return;
  }
  const why = isThere ? 'may not be executed (EACCES)' : 'is not there (ENOENT)';
  throw new ConformanceInputError(`the command cannot be started: the program "${program}" ${why}`, remedy);
}

/**
 * The process for the checks that look at one, started before them all: it does not end at once. One that is never ready is told by each
 * of them.
 * @throws {ConformanceInputError}
 */
export async function commandServes(target: Target): Promise<void> {
  const { command } = target.options;
  if (!command) return;
  const error = await target.process().then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof NotReadyError) || !error.hasEnded) return;
  throw new ConformanceInputError(
    `the command ends and serves nothing: ${error.output.trim().slice(-SHOWN) || 'it wrote nothing'}`,
    'start it by hand: it has to serve HTTPS on GATEHOUSE_HTTPS_PORT, and /health/ready there',
  );
}
