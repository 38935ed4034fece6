// Reads what Nx and Jest print, shows one line a project, the whole output of one that failed, and last the failed tests and the totals.
import { stripVTControlCharacters } from 'node:util';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

const HEADER = /^> nx run (\S+):test(?:\s+\[(.+)\])?/;
const TOTALS = /^Tests:\s+(.*) total/;
const ENDED = /^Tests: |^No tests found, exiting with code 0/;
const TIME = /^Time:\s+([\d.]+ (?:s|ms|min))/;
const FAILED_TEST = /^ {2}● (.+)/;
const SKIP_REASON = /^\s*(?:console\.\w+\s+)?skipped: .*/i;

/** Feed it line by line; it prints through `print`. */
export class TestSummary {
  private readonly total: Counts = { passed: 0, failed: 0, skipped: 0 };
  private readonly started = Date.now();
  private project?: { name: string; cached: boolean; output: string[]; counts?: Counts; time?: string };
  private crashed: string[] = [];
  private readonly failures: string[] = [];

  constructor(private readonly print: (line: string) => void) {}

  line(raw: string): void {
    const line = stripVTControlCharacters(raw);
    const header = HEADER.exec(line);
    if (header || /^ NX {2}/.test(line)) this.finishProject();
    if (header) {
      this.project = { name: header[1] ?? '?', cached: header[2] !== undefined, output: [] };
      return;
    }
    if (!this.project) {
      if (/error|cannot|failed/i.test(line) && !/^- /.test(line)) this.crashed.push(line);
      return;
    }
    this.project.output.push(raw);
    const totals = TOTALS.exec(line);
    if (totals) this.project.counts = counts(totals[1] ?? '');
    this.project.time ??= TIME.exec(line)?.[1];
    if (SKIP_REASON.test(line)) this.print(`  ${line.trim()}`);
  }

  /** Prints the totals and returns the exit code: never 0 when something failed or nothing ran. */
  end(code: number): number {
    this.finishProject();
    const { passed, failed, skipped } = this.total;
    if (code !== 0 && failed === 0) this.crashed.forEach((line) => this.print(line));
    this.print('');
    this.failures.forEach((line) => this.print(line));
    this.print(`Took ${Math.round((Date.now() - this.started) / 1000)} s.`);
    this.print(`${passed} passed, ${failed} failed, ${skipped} skipped`);
    return code !== 0 ? code : failed > 0 || passed === 0 ? 1 : 0;
  }

  private finishProject(): void {
    const { project } = this;
    if (!project) return;
    this.project = undefined;
    const { passed, failed, skipped } = project.counts ?? { passed: 0, failed: 0, skipped: 0 };
    this.total.passed += passed;
    this.total.failed += failed;
    this.total.skipped += skipped;
    const broken = failed > 0 || isBroken(project.output.map(stripVTControlCharacters));
    if (broken && failed === 0) this.total.failed += 1; // a suite that could not run, or a run that did not end
    if (broken) {
      project.output.forEach((line) => this.print(line));
      this.failures.push(
        ...failuresOf(project.output.map(stripVTControlCharacters)).map((line) => `✗ ${project.name} ${line}`),
      );
    }
    const facts = [`${passed} passed`, failed && `${failed} failed`, skipped && `${skipped} skipped`]
      .filter(Boolean)
      .join(', ');
    this.print(
      `${broken ? '✗' : '✓'} ${project.name.padEnd(28)} ${facts}  ${project.cached ? 'unchanged' : (project.time ?? '')}`,
    );
  }
}

/** Without failed tests: a suite could not be loaded, or Jest itself did not start or was killed. */
function isBroken(output: readonly string[]): boolean {
  return output.some((line) => /^Test Suites:.* failed/.test(line)) || !output.some((line) => ENDED.test(line));
}

/** The failed tests by name, each with the first line of what it says: the end of a long log is what gets read. */
function failuresOf(output: readonly string[]): string[] {
  const found = new Map<string, string>();
  for (const [index, line] of output.entries()) {
    const name = FAILED_TEST.exec(line)?.[1];
    if (name === undefined || name === 'Console' || found.has(name)) continue;
    const says = output.slice(index + 1).find((next) => next.trim() !== '');
    found.set(name, `${name}\n    ${says?.trim() ?? ''}`);
  }
  return [...found.values()];
}

function counts(text: string): Counts {
  const number = (word: string) => Number(new RegExp(`(\\d+) ${word}`).exec(text)?.[1] ?? 0);
  return { passed: number('passed'), failed: number('failed'), skipped: number('skipped') + number('todo') };
}
