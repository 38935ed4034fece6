// Where checkpoints go: beside the journal, and off the machine, which is what makes them a proof against whoever owns this one.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '@gatehouse/files';

/** Writes the last checkpoint; a newer one overtakes those that wait. */
export class CheckpointFiles {
  private waiting?: string;
  private running?: Promise<void>;

  constructor(
    private readonly folder: string,
    private readonly exportFolder: string | undefined,
  ) {}

  /** One line a key, newest last. For a first look only: who can write the folder can change the keys in it too. */
  async publishKey(verifier: string): Promise<void> {
    const file = join(this.folder, 'checkpoint.pub');
    const known = (await readFile(file, 'utf8').catch(() => ''))
      .split('\n')
      .filter((line) => line && line !== verifier);
    await replaceFile(file, `${[...known, verifier].join('\n')}\n`);
  }

  publish(note: string): Promise<void> {
    this.waiting = note;
    return (this.running ??= this.run().finally(() => (this.running = undefined)));
  }

  async settled(): Promise<void> {
    await this.running?.catch(() => undefined);
  }

  private async run(): Promise<void> {
    for (let note = this.waiting; note !== undefined; note = this.waiting) {
      this.waiting = undefined;
      await replaceFile(join(this.folder, 'checkpoint'), note);
      if (this.exportFolder === undefined) continue;
      // one file a journal, named by its origin: replicas may share the folder
      const origin = note.slice(0, note.indexOf('\n')).replaceAll('/', '_');
      await mkdir(this.exportFolder, { recursive: true });
      await replaceFile(join(this.exportFolder, `${origin}.checkpoint`), note);
    }
  }
}
