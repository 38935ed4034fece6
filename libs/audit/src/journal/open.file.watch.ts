// A file that was removed, moved or replaced while it is open still takes every write, and nobody finds them again. So it is looked for:
// where it is not, or the folder is another process's, the journal cannot be written, and mutations are refused until it is back.
import { type FileHandle, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AuditError } from '../audit.error.ts';
import { segmentName } from './segment.file.ts';

/** Of 100 ms: half a second. */
const EVERY_TICKS = 5;

export interface OpenFileWatchOptions {
  readonly folder: string;
  readonly isOurs?: () => Promise<boolean>;
}

/** See the head of the file. */
export class OpenFileWatch {
  private ticks = 0;
  private looking = false;
  private found?: AuditError;

  /** @param tell what is wrong, once; undefined when it is well again */
  constructor(
    private readonly options: OpenFileWatchOptions,
    private readonly tell: (astray: AuditError | undefined) => void,
  ) {}

  /** Why what is written would not be found. */
  get astray(): AuditError | undefined {
    return this.found;
  }

  tick(segment: number, handle: FileHandle): void {
    if (++this.ticks % EVERY_TICKS !== 0 || this.looking) return; // a disk that hangs is found elsewhere
    this.looking = true;
    void this.look(segment, handle)
      .catch(() => undefined) // the file was closed meanwhile: the next one is looked for next
      .finally(() => (this.looking = false));
  }

  private async look(segment: number, handle: FileHandle): Promise<void> {
    const path = join(this.options.folder, segmentName(segment));
    const ours = await handle.stat({ bigint: true });
    const there = await stat(path, { bigint: true }).catch(() => undefined);
    const stands = there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
    const locked = !stands || (await (this.options.isOurs?.() ?? true));
    const astray = stands ? (locked ? undefined : taken(this.options.folder)) : gone(path);
    if (astray?.message === this.found?.message) return;
    this.found = astray;
    this.tell(astray);
  }
}

const gone = (path: string): AuditError =>
  new AuditError(
    'journal-unwritable',
    `${path} was removed or replaced while it was written`,
    'Put it back, or start the service anew; what it had is lost, and verify says so.',
  );

const taken = (folder: string): AuditError =>
  new AuditError(
    'journal-unwritable',
    `another process has taken the lock of ${folder}`,
    'End one of the two: each needs a folder of its own (audit.folder).',
  );
