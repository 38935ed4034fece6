// The table of options in README.md is made from the schema: UPDATE_DOCS=1 writes it.
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { httpClientOptionsSchema } from '../src/index.ts';

const page = new URL('../README.md', import.meta.url);
const [BEGIN, END] = ['<!-- options -->', '<!-- end of options -->'];

interface Node {
  description?: string;
  default?: unknown;
  properties?: Record<string, Node>;
  items?: Node;
  anyOf?: Node[];
}

/** Options of an entry of a list stand below it, as `allow[].host`. */
function rows(node: Node, path = ''): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, own]) => {
    const entry = [own.items, ...(own.items?.anyOf ?? [])].find((each) => each?.properties);
    const below = own.properties ? rows(own, `${path}${name}.`) : entry ? rows(entry, `${path}${name}[].`) : [];
    if (!own.description) return below;
    const given = own.default === undefined ? '–' : `\`${JSON.stringify(own.default)}\``;
    return [`| \`${path}${name}\` | ${given} | ${own.description.split(/(?<=\.)\s/)[0]} |`, ...below];
  });
}

function render(): string {
  const schema = z.toJSONSchema(httpClientOptionsSchema, { io: 'output', unrepresentable: 'any' }) as Node;
  return ['| option | default | |', '| --- | --- | --- |', ...rows(schema)].join('\n');
}

const cells = (lines: string) =>
  lines
    .trim()
    .replaceAll(/[ \t]*\|[ \t]*/g, '|')
    .replaceAll(/-{3,}/g, '---');

describe('README.md', () => {
  it('has every option as the schema has it', () => {
    const text = readFileSync(page, 'utf8');
    const [before = '', rest = ''] = text.split(BEGIN);
    const [table = '', after = ''] = rest.split(END);
    if (process.env.UPDATE_DOCS) writeFileSync(page, `${before}${BEGIN}\n\n${render()}\n\n${END}${after}`);
    else expect(cells(table)).toBe(cells(render()));
    expect(render()).toContain('`allow[].pins.spki`');
  });
});
