// What the commands that end in a report have in common: progress on a terminal, one clear error for wrong input, exit codes, and no report
// that is lost after the checks for a file that cannot be written.
import { access, constants, stat, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { CheckResult, ExitCode, FailOn, Report } from '@gatehouse/conformance';

/** Flags that every such command has. */
export interface ReportFlags {
  json?: boolean;
  failOn: string;
  color: boolean;
}

/** A file that the report is written to as well. */
export interface ReportFile<R extends Report> {
  /** As it was typed: `--junit`. */
  readonly flag: string;
  /** Undefined where it was not asked for. */
  readonly file: string | undefined;
  readonly render: (report: R) => string;
}

/** The input was wrong, or nothing answered: no verdict. */
const EXIT_INPUT = 2;

/** How the exit code is told in `--help`. */
export const EXIT_HELP =
  '\nExit code: 0 good, 1 findings at or above --fail-on or a check that could not\n' +
  'be carried out, 2 wrong input, no answer, or a report that cannot be written.';

/**
 * Runs `make`, prints its report, writes its files, and resolves with the exit code; wrong input is one sentence with its remedy.
 * @param print the report as text for people, or as another format
 */
export async function reportCommand<R extends Report>(
  name: string,
  flags: ReportFlags,
  make: (onProgress: (result: CheckResult) => void) => Promise<R>,
  print: (report: R) => string | Promise<string>,
  files: readonly ReportFile<R>[] = [],
): Promise<ExitCode | typeof EXIT_INPUT> {
  const { ConformanceInputError, exitCodeOf } = await import('@gatehouse/conformance');
  try {
    const failOn = await readFailOn(flags.failOn);
    for (const { flag, file } of files) await checkReportFile(flag, file);
    const report = await make(progress(flags));
    clearProgress(flags);
    process.stdout.write(flags.json ? `${JSON.stringify(report, undefined, 2)}\n` : await print(report));
    if (!(await writeFiles(name, report, files))) return EXIT_INPUT;
    return exitCodeOf(report, failOn);
  } catch (error) {
    clearProgress(flags);
    const remedy = error instanceof ConformanceInputError ? error.remedy : undefined;
    if (remedy === undefined && (error as NodeJS.ErrnoException).code === undefined) throw error;
    process.stderr.write(`gatehouse ${name}: ${(error as Error).message}\n${remedy ? `Remedy: ${remedy}\n` : ''}`);
    return EXIT_INPUT;
  }
}

/** Before a run: a report that cannot be written would be known after a minute. */
async function checkReportFile(flag: string, file: string | undefined): Promise<void> {
  const why = file === undefined ? undefined : await whyNotWritable(file);
  if (why === undefined) return;
  const { ConformanceInputError } = await import('@gatehouse/conformance');
  throw new ConformanceInputError(`${flag} "${file}": ${why}`, remedyOf(why));
}

const remedyOf = (why: string): string =>
  why.startsWith('is') ? 'name a file' : 'make the folder, or name another file';

async function whyNotWritable(file: string): Promise<string | undefined> {
  if (file === '') return 'is no name of a file';
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => error.code);
  if (typeof found === 'object' && found.isDirectory()) return 'is a folder';
  const place = found === 'ENOENT' ? dirname(resolve(file)) : resolve(file);
  const refused = await access(place, constants.W_OK).catch((error: NodeJS.ErrnoException) => error.code);
  return refused === undefined ? undefined : `${place} cannot be written to (${refused})`;
}

/** After the report was printed: a disk may be full, and what was seen is not lost with it. @returns whether all were written */
async function writeFiles<R extends Report>(
  name: string,
  report: R,
  files: readonly ReportFile<R>[],
): Promise<boolean> {
  let written = true;
  for (const { flag, file, render } of files) {
    if (file === undefined) continue;
    try {
      await writeFile(file, render(report));
    } catch (error) {
      written = false;
      process.stderr.write(
        `gatehouse ${name}: ${flag} "${file}" could not be written: ${(error as Error).message}\nRemedy: name another file; the report itself was printed\n`,
      );
    }
  }
  return written;
}

/** Colour only on a terminal that wants it (no-color.org). */
export function hasColour({ color }: ReportFlags): boolean {
  return color && process.stdout.isTTY && !process.env.NO_COLOR;
}

async function readFailOn(text: string): Promise<FailOn> {
  const { ConformanceInputError, failOnSchema } = await import('@gatehouse/conformance');
  const parsed = failOnSchema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new ConformanceInputError(
    `--fail-on "${text}" is no severity`,
    `use one of ${failOnSchema.options.join(', ')}`,
  );
}

function isInteractive({ json }: ReportFlags): boolean {
  return !json && process.stderr.isTTY;
}

function progress(flags: ReportFlags): (result: CheckResult) => void {
  let done = 0;
  return ({ id }) => {
    done += 1;
    if (isInteractive(flags)) process.stderr.write(`\r\u001b[K${done} checks, ${id} …`);
  };
}

function clearProgress(flags: ReportFlags): void {
  if (isInteractive(flags)) process.stderr.write('\r\u001b[K');
}
