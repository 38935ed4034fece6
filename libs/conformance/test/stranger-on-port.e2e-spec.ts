// A start that is refused never takes its ports: a stranger who listens on one meanwhile must not be taken for the service.
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryStart } from '../src/checks/refused.start.ts';
import { makeAuthority, makeLeaf } from '../src/process/throwaway.certificates.ts';
import { programArgv } from './fixtures/start.program.ts';

const SETTING = { GATEHOUSE_NO_SUCH_SETTING: '1' };
const UNFIT = { what: 'an unknown setting', env: SETTING, names: 'GATEHOUSE_NO_SUCH_SETTING' };

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'conformance-stranger-'))));
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Says on which port it was told to listen, waits until it is let go or killed, and refuses. */
const slowRefusal = (): [string, ...string[]] => [
  'sh',
  '-c',
  'echo "$GATEHOUSE_HTTPS_PORT" > "$1/port.new"; mv "$1/port.new" "$1/port"; for n in $(seq 100); do test -e "$1/go" && break; sleep 0.1; done; echo "GATEHOUSE_NO_SUCH_SETTING is not a setting" >&2; exit 78',
  'sh',
  folder,
];

const command = (argv: [string, ...string[]], startSeconds = 20) => ({
  argv,
  env: {},
  unsafeSettings: [],
  startSeconds,
  reloadSeconds: 3,
});

const text = async (name: string): Promise<string> => {
  for (;;) {
    const found = await readFile(join(folder, name), 'utf8').catch(() => undefined);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

it.each(['be ready', 'listen'] as const)(
  'is not accused of what a stranger does on its port when it may not %s',
  async (mayNot) => {
    const trying = tryStart(command(slowRefusal()), { ...UNFIT, mayNot });
    const first = await text('port');
    const leaf = await makeLeaf(await makeAuthority());
    const stranger = https
      .createServer(leaf, (_request, response) => response.end('{}'))
      .listen(Number(first), '127.0.0.1');
    await once(stranger, 'listening');
    try {
      // the second start, on ports of its own, refuses at once
      while ((await text('port')) === first) await new Promise((resolve) => setTimeout(resolve, 20));
      await writeFile(join(folder, 'go'), '');
      expect((await trying).findings).toEqual([]);
    } finally {
      stranger.close();
      stranger.closeAllConnections();
    }
  },
  60_000,
);

it('does not clear one that served at first by what it does the second time', async () => {
  const once =
    'if mkdir "$1/served" 2>/dev/null; then shift; exec "$@"; fi; echo GATEHOUSE_NO_SUCH_SETTING >&2; exit 78';
  const argv = ['sh', '-c', once, 'sh', folder, ...programArgv('./process.program.ts', 'unsafe-settings')] as const;
  const { findings } = await tryStart({ ...command([...argv]), env: { NODE_OPTIONS: '' } }, UNFIT);
  expect(findings).toEqual([{ message: 'the service starts with an unknown setting' }]);
});

it('tells one that serves from one that does neither, and shows what it wrote', async () => {
  const { findings } = await tryStart(command(['sh', '-c', 'echo still here; exec sleep 30'], 1), UNFIT);
  expect(findings).toEqual([
    { message: 'with an unknown setting it neither serves nor ends within 1 s', evidence: 'still here\n' },
  ]);
});
