// The tables of options in README.md are made from the schemas: UPDATE_DOCS=1 writes them.
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { secretOptionsSchema, secretsOptionsSchema } from '../src/index.ts';

const page = new URL('../README.md', import.meta.url);
const tables = { 'a secret': secretOptionsSchema, openSecrets: secretsOptionsSchema };

interface Node {
  description?: string;
  default?: unknown;
  properties?: Record<string, Node>;
}

function render(schema: z.ZodType): string {
  const { properties = {} } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Node;
  const rows = Object.entries(properties).map(([name, own]) => {
    const given = own.default === undefined ? '–' : `\`${JSON.stringify(own.default)}\``;
    return `| \`${name}\` | ${given} | ${own.description} |`;
  });
  return ['| option | default | |', '| --- | --- | --- |', ...rows].join('\n');
}

const cells = (lines: string) =>
  lines
    .trim()
    .replaceAll(/[ \t]*\|[ \t]*/g, '|')
    .replaceAll(/-{3,}/g, '---');

describe('README.md', () => {
  it.each(Object.entries(tables))('has every option of %s as the schema has it', (name, schema) => {
    const [begin, end] = [`<!-- options of ${name} -->`, `<!-- end of options of ${name} -->`];
    const text = readFileSync(page, 'utf8');
    const [before = '', rest = ''] = text.split(begin);
    const [table = '', after = ''] = rest.split(end);
    if (process.env.UPDATE_DOCS) writeFileSync(page, `${before}${begin}\n\n${render(schema)}\n\n${end}${after}`);
    else expect(cells(table)).toBe(cells(render(schema)));
  });
});
