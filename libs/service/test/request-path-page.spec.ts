import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { problemType } from '@gatehouse/problem-details';
import { requestPath } from '../src/testing/steps.ts';

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
    'client ── TLS ─▶ connection ─▶ context ─▶ headers ─▶ shed ─▶ address ─▶ limit ─▶ [who] ─▶ limit ─▶ [may]',
    '                                                                                                     │',
    'client ◀─ TLS ── problem ◀─ log, metrics ◀── audit ◀── response ◀─ handler ◀─ validate ◀─ body ◀─────┘',
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

/** Rows of five, so that it is readable where GitHub draws it. */
function picture(): string {
  const rows = Array.from({ length: Math.ceil(requestPath.length / 5) }, (_, row) =>
    requestPath.slice(row * 5, row * 5 + 5),
  );
  const node = ({ name, planned }: (typeof requestPath)[number]) => `${name}["${name}"]${planned ? ':::planned' : ''}`;
  return [
    '```mermaid',
    'flowchart TB',
    '  client(["client"]) -- "TLS" --> row1',
    ...rows.flatMap((steps, row) => [
      `  subgraph row${row + 1} [" "]`,
      '    direction LR',
      `    ${steps.map(node).join(' --> ')}`,
      '  end',
      row + 1 < rows.length ? `  row${row + 1} --> row${row + 2}` : `  row${row + 1} --> answer(["answer"])`,
    ]),
    '  classDef planned stroke-dasharray: 4 4',
    '```',
  ].join('\n');
}

describe('README.md', () => {
  it('draws the list of steps', () => {
    const readme = new URL('../../../README.md', import.meta.url);
    const drawn = /(?<=<!-- request path -->\n\n)[^]*?(?=\n\n<!-- end of request path -->)/;
    const text = readFileSync(readme, 'utf8');
    if (process.env.UPDATE_DOCS)
      writeFileSync(
        readme,
        text.replace(drawn, () => picture()),
      );
    expect(drawn.exec(readFileSync(readme, 'utf8'))?.[0]).toBe(picture());
  });
});

describe('docs/request-path.md', () => {
  it('equals the list of steps', () => {
    if (process.env.UPDATE_DOCS) writeFileSync(page, render());
    const cells = (text: string) =>
      text.split('\n').map((line) => line.replaceAll(/\s*\|\s*/g, '|').replaceAll(/-{3,}/g, '---'));
    expect(existsSync(page)).toBe(true);
    expect(cells(readFileSync(page, 'utf8'))).toEqual(cells(render()));
  });
});
