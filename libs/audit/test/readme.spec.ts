// The table of options in README.md is made from the schema: UPDATE_DOCS=1 writes it.
import { readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { auditOptionsSchema } from '../src/audit.options.ts';
import { auditTable } from '../src/ship/postgres.sink.ts';

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

describe('docker/postgres/audit.sql', () => {
  it('makes the table as auditTable has it', () => {
    const file = new URL('../../../docker/postgres/audit.sql', import.meta.url);
    const head = '-- Made from auditTable of libs/audit: UPDATE_DOCS=1 npx nx run @gatehouse/audit:test\n';
    const sql = `${head}${auditTable('audit').join(';\n')};\n`;
    if (process.env.UPDATE_DOCS) writeFileSync(file, sql);
    expect(readFileSync(file, 'utf8')).toBe(sql);
  });
});
