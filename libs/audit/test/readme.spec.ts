// The table of options in README.md is made from the schema: UPDATE_DOCS=1 writes it.
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { auditOptionsSchema } from '../src/audit.options.ts';

const page = new URL('../README.md', import.meta.url);
const [BEGIN, END] = ['<!-- options -->', '<!-- end of options -->'];

interface Node {
  type?: string;
  description?: string;
  default?: unknown;
  properties?: Record<string, Node>;
}

function rows(node: Node, path = ''): string[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, own]) => {
    if (own.properties) return rows(own, `${path}${name}.`);
    const given = own.default === undefined ? '–' : `\`${JSON.stringify(own.default)}\``;
    return [`| \`${path}${name}\` | ${given} | ${own.description?.split(/(?<=\.)\s/)[0]} |`];
  });
}

function render(): string {
  const schema = z.toJSONSchema(auditOptionsSchema, { io: 'input' }) as Node;
  return ['| option | default | |', '| --- | --- | --- |', ...rows(schema)].join('\n');
}

describe('README.md', () => {
  it('has every option as the schema has it', () => {
    const text = readFileSync(page, 'utf8');
    const [before = '', rest = ''] = text.split(BEGIN);
    const [table = '', after = ''] = rest.split(END);
    if (process.env.UPDATE_DOCS) writeFileSync(page, `${before}${BEGIN}\n\n${render()}\n\n${END}${after}`);
    const cells = (lines: string) =>
      lines
        .trim()
        .replaceAll(/[ \t]*\|[ \t]*/g, '|')
        .replaceAll(/-{3,}/g, '---');
    if (!process.env.UPDATE_DOCS) expect(cells(table)).toBe(cells(render()));
  });
});
