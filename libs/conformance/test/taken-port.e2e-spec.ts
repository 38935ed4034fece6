// The ports of the suite's process are free when they are chosen; when another program takes one before it is used, that is no finding.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SuiteProcess } from '../src/process/suite.process.ts';
import { programArgv } from './fixtures/start.program.ts';

/** Ends with the message until it has said it so many times, then runs the program. */
const saying = (message: string, times: number, folder: string) => [
  ...[
    'sh',
    '-c',
    'for n in $(seq "$2"); do if mkdir "$3/$n" 2>/dev/null; then echo "$1" >&2; exit 1; fi; done; shift 3',
  ],
  ...['sh', message, String(times), folder],
];
const command = (argv: string[]) => ({
  argv: [...argv.slice(0, 2), `${argv[2]}; exec "$@"`, ...argv.slice(3), ...programArgv('./process.program.ts')],
  env: { NODE_OPTIONS: '' },
  unsafeSettings: [],
  startSeconds: 20,
  reloadSeconds: 3,
});

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'conformance-port-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

it.each(['Error: listen EADDRINUSE: address already in use', 'port 4711 is taken by other (process 12)'])(
  'starts it again after "%s"',
  async (message) => {
    const started = await SuiteProcess.start(command(saying(message, 2, folder)));
    expect(started.service.url.protocol).toBe('https:');
    await started.dispose();
  },
  60_000,
);

it.each([
  ['what else it says', 'wrong setting', 1],
  ['a port that is always taken', 'EADDRINUSE', 3],
])(
  'does not hide %s',
  async (_what, message, times) => {
    await expect(SuiteProcess.start(command(saying(message, times, folder)))).rejects.toThrow(message);
  },
  60_000,
);
