import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { problemCatalogue, type ProblemType } from '../src/index.ts';

const page = new URL('../../../docs/errors.md', import.meta.url);

function render(): string {
  const rows = Object.entries<ProblemType>(problemCatalogue).sort(([, a], [, b]) => a.status - b.status);
  return [
    '# Errors',
    '',
    'Every error answer is `application/problem+json` (RFC 9457). Switch on `code`: it never changes its meaning. `requestId` finds',
    'the log line. A 5xx never says why.',
    '',
    'This page is made from the catalogue (`libs/problem-details`): `UPDATE_DOCS=1 npx nx run @gatehouse/problem-details:test`.',
    '',
    '| status | code | title | what to do |',
    '| --- | --- | --- | --- |',
    ...rows.map(([code, { status, title, remedy }]) => `| ${status} | \`${code}\` | ${title} | ${remedy} |`),
    '',
  ].join('\n');
}

describe('docs/errors.md', () => {
  it('equals the catalogue, row by row', () => {
    if (process.env.UPDATE_DOCS) writeFileSync(page, render());
    const cells = (text: string) =>
      text.split('\n').map((line) => line.replaceAll(/\s*\|\s*/g, '|').replaceAll(/-{3,}/g, '---'));
    expect(existsSync(page)).toBe(true);
    expect(cells(readFileSync(page, 'utf8'))).toEqual(cells(render()));
  });
});
