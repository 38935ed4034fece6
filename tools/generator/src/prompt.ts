// One question to a person. Ctrl-D closes the input: inquirer would wait for ever, and break with a stack when the process ends.
import nodePlop from 'node-plop';
import { RefusalError } from './refusal.error.ts';

/** What inquirer is asked; `name` and `message` at least. */
export interface Prompt {
  readonly type: 'input' | 'list' | 'confirm';
  readonly name: string;
  readonly message: string;
  readonly default?: string | boolean;
  readonly choices?: string[];
  readonly validate?: (value: string) => string | true;
}

/**
 * Asks, by plop.
 * @throws RefusalError when the input ends without an answer
 */
export async function promptFor(prompt: Prompt, remedy: string): Promise<string | boolean> {
  const plop = await nodePlop('', { destBasePath: '', force: false });
  const { inquirer } = plop as unknown as { inquirer: Inquirer };
  const asked = inquirer.prompt([prompt]);
  const { rl, onForceClose } = asked.ui;
  const nobody = () => new RefusalError(`nobody answered "${prompt.message}"`, remedy);
  const ended = new Promise<never>((_, reject) => {
    // after an answer it closes too: that is there first
    rl.once('close', () => setImmediate(() => reject(nobody())));
  });
  try {
    return (await Promise.race([asked, ended]))[prompt.name] as string | boolean;
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ERR_USE_AFTER_CLOSE' ? nobody() : error;
  } finally {
    process.removeListener('exit', onForceClose); // it would close once more
  }
}

interface Inquirer {
  prompt(questions: readonly Prompt[]): Promise<Record<string, unknown>> & {
    readonly ui: {
      readonly rl: { once(event: 'close', listener: () => void): void };
      readonly onForceClose: () => void;
    };
  };
}
