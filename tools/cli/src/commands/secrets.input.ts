// A value from the keyboard without an echo, or from standard input.
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** @throws Error with code EINPUT when nothing was given */
export async function readUnseen(prompt: string): Promise<string> {
  const value = process.stdin.isTTY ? await typed(prompt) : await piped();
  if (value !== '') return value;
  throw Object.assign(new Error('no value was given'), { code: 'EINPUT' });
}

function typed(prompt: string): Promise<string> {
  process.stderr.write(prompt);
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: silent, terminal: true });
  return new Promise((resolve) => {
    let answer = '';
    lines.once('line', (line) => ((answer = line), lines.close()));
    lines.once('close', () => (process.stderr.write('\n'), resolve(answer)));
  });
}

async function piped(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
