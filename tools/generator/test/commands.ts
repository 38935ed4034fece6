// The commands as a script runs them, with their output kept.
import { runDestroy, runNew, runReporting, runSync } from '../src/index.ts';

/** What a command said and how it ended. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly error: string;
  readonly json: Record<string, unknown>;
}

const NEW = { asking: 'defaults', dryRun: false, json: false, verify: false } as const;
const DESTROY = { force: false, dryRun: false, json: false, confirm: 'yes' } as const;

export const make = (root: string, kind: string, given: Record<string, string>, options: object = {}): Promise<Ran> =>
  run(options, (output) => runNew({ ...NEW, root, kind, given, ...options }, output));

export const destroy = (root: string, kind: string, name: string, options: object = {}): Promise<Ran> =>
  run(options, (output) => runDestroy({ ...DESTROY, root, kind, name, ...options }, output));

export const sync = (root: string, check: boolean): Promise<Ran> =>
  run({}, (output) => runSync({ root, check, json: false }, output));

type Body = Parameters<typeof runReporting>[2];
type Output = Parameters<typeof runReporting>[1];

async function run(options: { json?: boolean }, body: (output: Output) => ReturnType<Body>): Promise<Ran> {
  const said = { out: '', error: '' };
  const output = {
    out: (text: string) => void (said.out += text),
    error: (text: string) => void (said.error += text),
  };
  const code = await runReporting(options.json ?? false, output, () => body(output));
  return { ...said, code, json: options.json ? (JSON.parse(said.out) as Record<string, unknown>) : {} };
}
