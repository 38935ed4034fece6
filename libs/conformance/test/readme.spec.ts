// The README's table of checks is the registry's; UPDATE_README=1 writes it anew.
import { readFileSync, writeFileSync } from 'node:fs';
import { CHECKS } from '../src/index.ts';

const FILE = new URL('../README.md', import.meta.url);
const [OPEN, CLOSE] = ['<!-- checks: made from the registry -->', '<!-- /checks -->'];

const table = [
  '| check | proves | control | severity |',
  '| --- | --- | --- | --- |',
  ...CHECKS.map(({ id, title, control, severity }) => `| \`${id}\` | ${title} | ${control.join(', ')} | ${severity} |`),
].join('\n');

const split = (text: string) => {
  const [before, rest] = text.split(OPEN);
  const [inside, after] = rest.split(CLOSE);
  return { before, inside: inside.trim(), after };
};

it('the README lists the checks of the registry', () => {
  const { before, inside, after } = split(readFileSync(FILE, 'utf8'));
  if (process.env.UPDATE_README) writeFileSync(FILE, `${before}${OPEN}\n\n${table}\n\n${CLOSE}${after}`);
  else expect(inside.replaceAll(/ {2,}/g, ' ').replaceAll(/-{3,}/g, '---')).toBe(table);
});

it('every id is unique, and every check names a control and a remedy', () => {
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
  for (const { id, control, remedy } of CHECKS) {
    expect([id, control.length > 0, remedy.length > 10]).toEqual([expect.stringMatching(/^[a-z0-9-]+$/), true, true]);
  }
});
