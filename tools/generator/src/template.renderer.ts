// plop renders; this keeps its traps shut: `{{x}}` would escape HTML in code, a misspelt variable would render as nothing,
// and a path could leave its folder.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import nodePlop from 'node-plop';
import { RefusalError } from './refusal.error.ts';

/** What a template may name: `{{{service}}}` in a text, `__service__` in a path. */
export type Variables = Readonly<Record<string, string | number | boolean | readonly object[]>>;

/** A rendered file: its path in the output folder and its text. */
export interface Rendered {
  readonly path: string;
  readonly content: string;
}

/**
 * Renders every `*.hbs` of `templates/<kind>`, in the order of their paths.
 * @throws RefusalError naming the template and the trap
 */
export async function renderTemplates(root: string, kind: string, variables: Variables): Promise<Rendered[]> {
  const folder = join(root, 'templates', kind);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.hbs'))
    .sort();
  const texts = await renderTexts(
    files.map((file) => readFileSync(join(folder, file), 'utf8')),
    variables,
    (index) => posix.join('templates', kind, files[index] as string),
  );
  return files.map((file, index) => ({ path: outputPath(file, variables), content: texts[index] as string }));
}

/** Renders texts by node-plop; `where` names each for a message. */
export async function renderTexts(
  texts: readonly string[],
  variables: Variables,
  where: (index: number) => string,
): Promise<string[]> {
  const plop = await nodePlop('', { destBasePath: '', force: false });
  plop.setHelper('json', (value) => JSON.stringify(value));
  return texts.map((text, index) => {
    checkTemplate(text, variables, where(index));
    return plop.renderString(text, { ...variables });
  });
}

function checkTemplate(text: string, variables: Variables, where: string): void {
  const escaping = /(?<!\{)\{\{(?![{#/!]|else\}\})/.exec(text);
  if (escaping) {
    throw new RefusalError(`${where} has {{…}}, which escapes HTML, at ${escaping.index}`, 'Write {{{…}}}.');
  }
  for (const [, word = ''] of text.matchAll(/\{\{\{\s*(?:json\s+)?([A-Za-z.]+)\s*\}\}\}/g)) {
    if (!word.startsWith('this.') && !(word in variables)) {
      throw new RefusalError(
        `${where} names ${word}, which nothing fills`,
        `Known: ${Object.keys(variables).join(', ')}.`,
      );
    }
  }
}

function outputPath(file: string, variables: Variables): string {
  return file.replace(/\.hbs$/, '').replace(/__([a-z]+)__/gi, (token, name: string) => {
    const value = variables[name];
    if (typeof value !== 'string' || !/^[a-z0-9-]+$/.test(value)) {
      throw new RefusalError(`templates/…/${file} has the path part ${token}, which nothing fills`, 'Mend its name.');
    }
    return value;
  });
}
