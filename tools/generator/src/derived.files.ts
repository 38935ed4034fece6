// Files that say again what the descriptors say: never edited, always made from all of them, so that they cannot differ.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceSummary } from './descriptor.reader.ts';
import type { Plan } from './plan.ts';
import { rootConfig } from './project.references.ts';
import { renderTemplates } from './template.renderer.ts';
import { snakeCase } from './word.forms.ts';
import { folders } from './workspace.ts';

const COMPOSE = 'docker/generated';

/** Each container runs as a user of its own, so that no service can read the key of another: the HTTPS port is unique already. */
const FIRST_USER = 10_000;

/** Plans every derived file: docker/generated/* and docs/services.md. */
export async function deriveFiles(plan: Plan, services: readonly ServiceSummary[]): Promise<void> {
  const sorted = [...services].sort((a, b) => (a.name < b.name ? -1 : 1));
  const composed = sorted.map(composeVariables);
  const wanted = new Map<string, string>();
  for (const service of composed) {
    const [file] = await renderTemplates(plan.root, 'compose/service', service);
    wanted.set(`${COMPOSE}/${file?.path}`, file?.content as string);
  }
  for (const { path, content } of await renderTemplates(plan.root, 'compose/all', { services: composed })) {
    wanted.set(`${COMPOSE}/${path}`, content);
  }
  for (const { path, content } of await renderTemplates(plan.root, 'docs', { services: sorted.map(tableRow) })) {
    wanted.set(`docs/${path}`, content);
  }
  for (const stale of plan.rely(COMPOSE, () => composeFiles(plan.root))) {
    if (!wanted.has(stale)) plan.remove(stale);
  }
  for (const [path, content] of wanted) plan.write(path, content);
}

/** Plans the list of projects in the root tsconfig.json: all that exist or are planned, in the order that they have. */
export function deriveReferences(plan: Plan): void {
  const config = rootConfig(plan);
  const actual = plan.rely('the list of projects', () => projects(plan.root));
  const kept = config.references.map(({ path }) => path).filter((path) => actual.includes(path));
  const added = actual.filter((path) => !kept.includes(path));
  const references = [...kept, ...added].map((path) => ({ path }));
  plan.write('tsconfig.json', `${JSON.stringify({ ...config, references }, null, 2)}\n`);
}

function projects(root: string): string[] {
  return ['apps', 'libs', 'tools'].flatMap((parent) =>
    folders(root, parent)
      .filter((name) => existsSync(join(root, parent, name, 'tsconfig.json')))
      .map((name) => `./${parent}/${name}`),
  );
}

/** What templates/compose/service may name. */
function composeVariables({ name, folder, ports, database, secrets }: ServiceSummary) {
  const variable = snakeCase(name).toUpperCase();
  return {
    service: name,
    folder,
    user: FIRST_USER + ports.https,
    variable,
    role: snakeCase(name),
    httpsPort: ports.https,
    httpPort: ports.http,
    managementPort: ports.management,
    // compose's own interpolation: the published port can be changed by environment
    httpsPublished: `\${${variable}_HTTPS_PORT:-${ports.https}}`,
    httpPublished: `\${${variable}_HTTP_PORT:-${ports.http}}`,
    database,
    secrets,
  };
}

function tableRow({ name, folder, description, ports, database }: ServiceSummary) {
  const cell = description.replaceAll('|', '\\|').replaceAll('\n', ' ');
  return { name, folder, description: cell, ...ports, database: database ? 'PostgreSQL' : '–' };
}

function composeFiles(root: string): string[] {
  const folder = join(root, COMPOSE);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => `${COMPOSE}/${file}`);
}
