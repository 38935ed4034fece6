// What the READMEs say and what could rot: commands, ports, links, the list of libs, and what is said not to be there yet.
import { existsSync, globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { program } from './program.ts';
import { workspaceRoot } from './workspace.ts';

const read = (path: string) => readFileSync(join(workspaceRoot, path), 'utf8');
const readme = read('README.md');
const pages = globSync(['*.md', 'docs/**/*.md', 'docker/*.md', '{apps,libs,tools}/*/README.md'], {
  cwd: workspaceRoot,
});
const scripts = (folder = '') =>
  Object.keys((JSON.parse(read(join(folder, 'package.json'))) as { scripts?: object }).scripts ?? {});
const folders = (of: string) =>
  readdirSync(join(workspaceRoot, of)).filter((name) => existsSync(join(workspaceRoot, of, name, 'package.json')));

describe.each(pages)('%s', (page) => {
  const text = read(page);

  it('links only to what is there', () => {
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map(([, target = '']) => target);
    const missing = targets
      .map((target) => join(dirname(page), target))
      .filter((path) => !existsSync(join(workspaceRoot, path)));
    expect(missing).toEqual([]);
  });

  it('names only commands that there are', () => {
    const run = [...text.matchAll(/\bnpm run (?:--silent )?([\w:-]+)(?: -w ([\w/-]+))?/g)];
    expect(run.filter(([, name = '', folder]) => !scripts(folder).includes(name)).map(([line]) => line)).toEqual([]);
    const known = program.commands.map((command) => command.name());
    const used = [...text.matchAll(/npx gatehouse ([a-z]+)/g)].map(([, name = '']) => name);
    expect(used.filter((name) => !known.includes(name))).toEqual([]);
  });
});

describe('README.md', () => {
  it('has every lib, with its description (UPDATE_DOCS=1 writes it)', () => {
    const table = /(?<=<!-- libs -->\n\n)[^]*?(?=\n\n<!-- end of libs -->)/;
    const rows = folders('libs').map((name) => {
      const { description } = JSON.parse(read(`libs/${name}/package.json`)) as { description: string };
      return `| [${name}](libs/${name}) | ${description} |`;
    });
    const made = ['| lib | concern |', '| --- | --- |', ...rows].join('\n');
    if (process.env.UPDATE_DOCS)
      writeFileSync(
        join(workspaceRoot, 'README.md'),
        readme.replace(table, () => made),
      );
    const cells = (text = '') => text.replaceAll(/\s*\|\s*/g, '|').replaceAll(/-{3,}/g, '---');
    expect(cells(table.exec(read('README.md'))?.[0])).toBe(cells(made));
  });

  it('says of nothing that is there that it is not yet', () => {
    const rows = readme.split('\n').filter((line) => /\| not yet +\|/.test(line));
    const named = rows.flatMap((row) => [...row.matchAll(/`((?:libs|apps)\/[\w-]+)`/g)].map(([, path = '']) => path));
    expect(rows.length).toBeGreaterThan(0);
    expect(named.filter((path) => existsSync(join(workspaceRoot, path, 'package.json')))).toEqual([]);
  });

  it('names a test for everything that is there', () => {
    const rows = readme.split('\n').filter((line) => /\| there +\|/.test(line));
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.filter((row) => !/\((\S+\.spec\.ts|\S+\.e2e-spec\.ts|\.ci\/\S+\.sh)\)/.test(row))).toEqual([]);
  });

  it.each(['README.md', 'apps/api/README.md'])('has the ports of the reference API (%s)', async (page) => {
    const { readDescriptors } = await import('@gatehouse/generator');
    const api = (await readDescriptors(workspaceRoot)).find(({ name }) => name === 'api');
    const { https, http, management } = api?.ports ?? {};
    const text = read(page);
    for (const port of [https, http, management]) expect(text).toContain(String(port));
  });
});
