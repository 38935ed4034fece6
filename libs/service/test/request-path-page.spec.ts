import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { problemType } from '@gatehouse/problem-details';
import { requestPath } from '../src/index.ts';

const page = new URL('../../../docs/request-path.md', import.meta.url);

function render(): string {
  const rows = requestPath.map(({ name, does, answers, planned }, index) => {
    const codes = answers.map((code) => `${problemType(code).status} \`${code}\``).join(', ') || '–';
    return `| ${index + 1} | ${planned ? `${name} _(not in this release)_` : `**${name}**`} | ${does} | ${codes} |`;
  });
  return [
    '# The request path',
    '',
    'Every request takes these steps, in this order. Each is a file of `libs/service/src/steps/`; the list is `steps/index.ts`.',
    '',
    '```',
    'client ── TLS ─▶ connection ─▶ context ─▶ headers ─▶ address ─▶ [limit] ─▶ [who] ─▶ [limit] ─▶ [may]',
    '                                                                                                 │',
    'client ◀─ TLS ── problem ◀─ log, metrics ◀─ [audit] ◀─ response ◀─ handler ◀─ validate ◀─ body ◀─┘',
    '```',
    '',
    'What stands in brackets has its place and is not in this release. An error at any step goes straight to `problem`.',
    '',
    '| | step | what it does | what it can answer |',
    '| --- | --- | --- | --- |',
    ...rows,
    '',
    'This table is made from the code: `UPDATE_DOCS=1 npx nx run @gatehouse/service:test`. The codes are explained in',
    '[errors.md](errors.md). The running service shows the same list, route by route, at `/policy` on its management port.',
    '',
  ].join('\n');
}

describe('docs/request-path.md', () => {
  it('equals the list of steps', () => {
    if (process.env.UPDATE_DOCS) writeFileSync(page, render());
    const cells = (text: string) =>
      text.split('\n').map((line) => line.replaceAll(/\s*\|\s*/g, '|').replaceAll(/-{3,}/g, '---'));
    expect(existsSync(page)).toBe(true);
    expect(cells(readFileSync(page, 'utf8'))).toEqual(cells(render()));
  });
});
