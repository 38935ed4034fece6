// A further resource in a service that exists.
import { singularName } from './common.questions.ts';
import { formatPlan } from './plan.format.ts';
import type { Kind } from './kind.ts';
import { readObjectOnDisk } from './json.file.ts';
import { type Manifest, readManifest } from './manifest.ts';
import { checkName } from './name.rules.ts';
import { quote, RefusalError } from './refusal.error.ts';
import { planResource } from './resource.plan.ts';
import { folders } from './workspace.ts';

/** `gatehouse new resource <name> --service <service>`. */
export const resourceKind: Kind = {
  name: 'resource',
  questions: [
    {
      name: 'service',
      flag: '--service <service>',
      message: 'In which service',
      choices: ({ root }) => generatedServices(root),
      initial: (_answers, { root }) => generatedServices(root)[0] ?? 'orders',
      check: (value, _answers, { root }) => {
        const services = generatedServices(root);
        if (services.includes(value)) return;
        throw new RefusalError(
          `there is no generated service ${quote(value)}`,
          services.length > 0
            ? `There is: ${services.join(', ')}.`
            : 'Make one first: npx gatehouse new service orders',
        );
      },
    },
    {
      name: 'name',
      flag: '<name>',
      message: 'Name of the resource, in the plural',
      check: (value, { service = '' }, { root }) => checkName('resource', value, folders(root, `apps/${service}/src`)),
    },
    singularName('name'),
  ],
  recorded: (plan, { service = '', name = '' }) => {
    const part = readManifest(plan, `apps/${service}`)?.resources?.[name];
    return part && { service, ...part.answers };
  },
  plan: async (plan, answers) => {
    await planResource(plan, answers.service as string, answers.name as string, answers.singular as string);
    await formatPlan(plan);
  },
  project: ({ service }) => `apps/${service}`,
};

/** Services that the generator made: only their structure is known to it. */
function generatedServices(root: string): string[] {
  return folders(root, 'apps').filter(
    (name) => readObjectOnDisk<Manifest>(root, `apps/${name}/generated.json`)?.kind === 'service',
  );
}
