// A lib for code that two services share.
import { description, projectName } from './common.questions.ts';
import { formatPlan } from './plan.format.ts';
import type { Kind } from './kind.ts';
import { lockWorkspace, pinVersions } from './lock.file.ts';
import { describePart, recordedAnswers, writeManifest } from './manifest.ts';
import { addReference } from './project.references.ts';
import { renderTemplates } from './template.renderer.ts';
import { camelCase, pascalCase } from './word.forms.ts';

/** `gatehouse new lib <name>`. */
export const libKind: Kind = {
  name: 'lib',
  questions: [projectName('lib'), description((name) => `What services share about ${name.replaceAll('-', ' ')}.`)],
  recorded: (plan, { name = '' }) => recordedAnswers(plan, `libs/${name}`, name),
  plan: async (plan, answers) => {
    const name = answers.name as string;
    const folder = `libs/${name}`;
    const files = await renderTemplates(plan.root, 'lib', {
      lib: name,
      description: answers.description as string,
      Lib: pascalCase(name),
      libVar: camelCase(name),
    });
    for (const { path, content } of files) plan.write(`${folder}/${path}`, content);
    pinVersions(plan, folder);
    await formatPlan(plan);
    writeManifest(plan, folder, {
      kind: 'lib',
      ...describePart(
        plan,
        folder,
        answers,
        files.map(({ path }) => `${folder}/${path}`),
      ),
    });
    lockWorkspace(plan, folder);
    addReference(plan, folder);
    await formatPlan(plan);
  },
  project: ({ name }) => `libs/${name}`,
};
