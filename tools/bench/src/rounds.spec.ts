import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { playUntilSure, type Played } from './rounds.ts';

const here = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
const PROGRAM = `
  import { BenchSession } from ${here('./bench.session.ts')};
  import { playRounds } from ${here('./rounds.ts')};
  const options = { rounds: 2, requestsPerRound: 20, connections: 2 };
  const lines = [];
  await BenchSession.run((line) => void lines.push(line), async (session) => {
    const subjects = [await session.start('raw', 'raw.server')];
    const first = await playRounds(session, subjects, options);
    const both = await playRounds(session, subjects, options, session.progress, first);
    process.stdout.write(JSON.stringify({ first: first[0], both: both[0], lines }));
  });
`;

it('adds rounds to those that were played, without warming up once more', async () => {
  const hook = new URL('../../cli/swc-hook.mjs', import.meta.url).href;
  const argv = ['--conditions=@gatehouse/source', '--import', hook, '-e', PROGRAM];
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd });
  const { first, both, lines } = JSON.parse(stdout) as Record<'first' | 'both', { GET: number[]; POST: number[] }> & {
    lines: string[];
  };
  expect(first.GET).toHaveLength(2);
  expect(both.GET).toHaveLength(4);
  expect(both.GET.slice(0, 2)).toEqual(first.GET);
  expect(both.POST).toHaveLength(4);
  expect(lines.slice(-2)).toEqual(['round 3 of 4', 'round 4 of 4']);
  expect(lines.filter((line) => line === 'warming up')).toHaveLength(4);
});

describe('playUntilSure', () => {
  const rounds = (count: number): Played[] => {
    const each = Array.from({ length: count }, () => 30);
    return [{ GET: each, POST: each, loadBytes: 0, perSecond: { GET: each, POST: each } }];
  };
  const play = (before?: readonly Played[]) => Promise.resolve(rounds((before?.[0]?.GET.length ?? 0) + 2));

  it.each([
    { sureAfter: 2, plays: 2 },
    { sureAfter: 4, plays: 4 },
    { sureAfter: 100, plays: 6 },
  ])('is sure after $sureAfter rounds: $plays are played of at most 6', async ({ sureAfter, plays }) => {
    const lines: string[] = [];
    const doubts = ([own]: readonly Played[]) => (Number(own?.GET.length) < sureAfter ? ['GET: 39 %'] : []);
    const [played] = await playUntilSure(play, doubts, 2, (line) => lines.push(line));
    expect(played?.GET).toHaveLength(plays);
    expect(lines).toEqual(Array(plays / 2 - 1).fill('in doubt, so as many rounds once more: GET: 39 %'));
  });
});
