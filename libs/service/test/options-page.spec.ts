// docs/service-options.md is made from the schema of a descriptor and the list of settings: UPDATE_DOCS=1 writes it.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { serviceOptionsSchema } from '../src/config/service.options.ts';
import { knownSettings } from '../src/config/settings.ts';

const page = new URL('../../../docs/service-options.md', import.meta.url);

interface Node {
  type?: string;
  enum?: string[];
  minimum?: number;
  maximum?: number;
  description?: string;
  default?: unknown;
  properties?: Record<string, Node>;
  required?: string[];
}

/** One row an option that can be set; a group is its members. */
function rows(node: Node, path = ''): [option: string, value: string, given: string, description: string][] {
  return Object.entries(node.properties ?? {}).flatMap(([name, own]) => {
    if (own.properties) return rows(own, `${path}${name}.`);
    const required = node.required?.includes(name) ?? false;
    const given = own.default === undefined ? (required ? '_required_' : '–') : `\`${JSON.stringify(own.default)}\``;
    return [[`\`${path}${name}\``, valueOf(own), given, own.description ?? '']];
  });
}

function valueOf({ type, enum: members, minimum, maximum }: Node): string {
  if (members) return members.map((member) => `\`${member}\``).join(', ');
  if (type === 'integer') return `${minimum}–${maximum === Number.MAX_SAFE_INTEGER ? '' : maximum}`;
  return type ?? '';
}

const schema = z.toJSONSchema(serviceOptionsSchema, { io: 'input', unrepresentable: 'any' }) as Node;

function render(): string {
  return [
    '# Options of a service',
    '',
    'What `service.config.ts` may say to `defineService`. `root`, `name` and `ports` are enough: every default is the safe choice, and what',
    'weakens begins with `insecure`. An unknown key, or a value that is not of its kind, stops the start with its path.',
    '',
    '| option | value | default | what it does |',
    '| --- | --- | --- | --- |',
    ...rows(schema).map((cells) => `| ${cells.join(' | ')} |`),
    '',
    '## By environment',
    '',
    'The same image runs everywhere: what differs by place comes from the environment, and wins over the descriptor. A `GATEHOUSE_` name',
    'that is not one of these stops the start. None of them holds a secret; `_FILE` names a file that does.',
    '',
    ...knownSettings.map((name) => `- \`${name}\``),
    '',
    'This page is made from the code: `UPDATE_DOCS=1 npx nx run @gatehouse/service:test`.',
    '',
  ].join('\n');
}

describe('docs/service-options.md', () => {
  it('equals the schema and the list of settings', () => {
    if (process.env.UPDATE_DOCS) writeFileSync(page, render());
    const cells = (text: string) =>
      text.split('\n').map((line) => line.replaceAll(/\s*\|\s*/g, '|').replaceAll(/-{3,}/g, '---'));
    expect(existsSync(page)).toBe(true);
    expect(cells(readFileSync(page, 'utf8'))).toEqual(cells(render()));
  });

  it('describes every option', () => {
    expect(rows(schema).filter(([, , , description]) => description.length < 10)).toEqual([]);
  });
});
