// The lists are held against what they speak of: a container, a table or a template that is new and collides is found here.
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { checkout } from '../test/scratch.workspace.ts';
import { checkName } from './name.rules.ts';
import { reservedReason } from './reserved.names.ts';

const textOf = (path: string) => readFileSync(join(checkout, path), 'utf8');
const kebab = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll('_', '-')
    .toLowerCase();

describe('a name is reserved', () => {
  it('as a service, when a container has it', () => {
    const files = ['compose.yaml', ...globSync('docker/*.yaml', { cwd: checkout })];
    const generated = globSync('apps/*', { cwd: checkout }).map((folder) => basename(folder));
    const containers = files.flatMap((file) => {
      const section = /^services:\n((?: .*\n|\n)*)/m.exec(textOf(file))?.[1] ?? '';
      return [...section.matchAll(/^ {2}([a-z][\w-]*):/gm)].map(([, name = '']) => name);
    });
    expect(containers).toEqual(expect.arrayContaining(['postgres', 'openbao-roles', 'prometheus', 'alertmanager']));
    const free = containers.filter((name) => !generated.includes(name) && !reservedReason(name, 'service'));
    expect(free).toEqual([]);
  });

  it('as a service, when a derived file of all services has it', () => {
    const files = globSync('templates/compose/all/*.yaml.hbs', { cwd: checkout });
    const names = files.map((file) => basename(file, '.yaml.hbs'));
    expect(names.toSorted()).toEqual(['services', 'targets']);
    expect(names.filter((name) => !reservedReason(name, 'service'))).toEqual([]);
  });

  it('as a service, when a role or a database of the stack has it', () => {
    const made = textOf('docker/postgres/roles.sh').matchAll(/create (?:role|database) ([a-z]\w*)/g);
    const names = [...made].map(([, name = '']) => kebab(name));
    expect(names).toContain('vault');
    expect(names.filter((name) => !reservedReason(name, 'service'))).toEqual([]);
    expect(reservedReason('pg-monitor', 'service')).toContain('PostgreSQL');
  });

  it('as a resource, when a table of ours has it, or an index', () => {
    const files = ['libs/*/src/**/*.ts', 'docker/postgres/*'].flatMap((files) => globSync(files, { cwd: checkout }));
    const made = /create (?:unlogged |unique )?(?:table|index|view|sequence) (?:if not exists )?"?([a-z]\w*)/gi;
    const names = files
      .filter((file) => !/spec\.ts$/.test(file))
      .flatMap((file) => [...textOf(file).matchAll(made)].map(([, name = '']) => kebab(name)));
    const migrations = textOf('node_modules/kysely/dist/migration/migrator.js').matchAll(/'(kysely_\w+)'/g);
    names.push(...[...migrations].map(([, name = '']) => kebab(name)));
    const known = ['authn-api-keys', 'authn-revocations', 'audit-events', 'audit-checkpoints', 'kysely-migration'];
    expect(names).toEqual(expect.arrayContaining([...known, 'kysely-migration-lock']));
    expect(names.filter((name) => !reservedReason(name, 'resource'))).toEqual([]);
    expect(reservedReason('pg-class', 'resource')).toContain('PostgreSQL');
  });

  it('as a resource, when its code would declare again what its template imports or has', () => {
    const names = globSync('templates/resource*/**/*.hbs', { cwd: checkout }).flatMap((file) =>
      collisions(textOf(file)),
    );
    expect([...new Set(names)].toSorted()).toEqual([
      'constructor',
      'create',
      'find',
      'list',
      'remove',
      'replace',
      'rows',
    ]);
    expect(names.filter((name) => !reservedReason(name, 'resource'))).toEqual([]);
  });

  it('as what it collides with, and not as everything', () => {
    expect(['targets', 'prometheus', 'vault', 'audit-logs'].map((name) => reservedReason(name, 'resource'))).toEqual(
      Array(4).fill(undefined),
    );
    expect(['rows', 'list', 'authn-api-keys', 'metrics'].map((name) => reservedReason(name, 'service'))).toEqual(
      Array(4).fill(undefined),
    );
  });

  it.each(['targets', 'pg-class', 'authn-revocations', 'list'])('and another is proposed that is not: %s', (name) => {
    for (const kind of ['service', 'resource'] as const) {
      if (!reservedReason(name, kind)) continue;
      const refused = () => checkName(kind, name);
      expect(refused).toThrow(expect.objectContaining({ remedy: expect.stringMatching(/such as "[a-z-]+"/) }));
      const proposed = /such as "([a-z-]+)"/.exec(remedyOf(refused))?.[1] ?? '';
      expect(() => checkName(kind, proposed)).not.toThrow();
    }
  });
});

function remedyOf(refused: () => void): string {
  try {
    refused();
  } catch (error) {
    return (error as { remedy: string }).remedy;
  }
  return '';
}

/** Names with which an identifier that the template makes would be one that stands in it: `own{{{Resource}}}` and `ownRows`. */
function collisions(template: string): string[] {
  const fixed = template.replace(/\w*\{\{\{[^}]*\}\}\}\w*/g, ' ').match(/[A-Za-z_]\w*/g) ?? [];
  const members = [...template.matchAll(/^ {2}(?:async )?([a-z]\w*)\(/gm)].map(([, name = '']) => name);
  const made = template.matchAll(/(\w*)\{\{\{(?:[Rr]esource|[Ss]ingular)(?:Var)?\}\}\}(\w*)/g);
  return [...made].flatMap(([whole, before = '', after = '']) => {
    if (before + after === '') return whole.includes('Var') ? members.map(kebab) : [];
    const shape = new RegExp(`^${before}([A-Za-z]\\w*)${after}$`);
    return fixed.flatMap((word) => shape.exec(word)?.[1] ?? []).map(kebab);
  });
}
