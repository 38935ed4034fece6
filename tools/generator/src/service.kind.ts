// A service is thin: main, module, descriptor and a first resource. Everything that is security comes from the libs.
import { description, projectName, singularName } from './common.questions.ts';
import { deriveFiles } from './derived.files.ts';
import { formatPlan } from './plan.format.ts';
import type { Kind } from './kind.ts';
import { lockWorkspace, pinVersions } from './lock.file.ts';
import { describePart, recordedAnswers, writeManifest } from './manifest.ts';
import { checkName } from './name.rules.ts';
import { checkPort, nextPorts, type Ports } from './ports.ts';
import { addReference } from './project.references.ts';
import type { Question } from './question.ts';
import { quote, RefusalError } from './refusal.error.ts';
import { reservedReason } from './reserved.names.ts';
import { planResource } from './resource.plan.ts';
import { renderTemplates } from './template.renderer.ts';

const LISTENERS = [
  ['https', 'HTTPS port'],
  ['http', 'Plain-HTTP gate port'],
  ['management', 'Management port'],
] as const satisfies readonly (readonly [keyof Ports, string])[];

// `memory` needs no database, and loses everything when the process ends
const STORAGES = ['postgres', 'memory'] as const;

// what the libs in a service declare; the matrix holds it against the descriptor itself
const BUILT_IN_SECRETS = ['gatehouseAuditSigningKey', 'gatehouseAuditIdentifierKey'].map((name) => ({
  name,
  kind: 'bytes',
  size: 32,
}));

const portQuestion = ([listener, label]: (typeof LISTENERS)[number]): Question => ({
  name: `${listener}Port`,
  flag: `--${listener}-port <number>`,
  message: label,
  initial: (_answers, { services }) => String(nextPorts(services)[listener]),
  nextFree: true,
  check: (value, answers, { services }) => {
    const others = LISTENERS.filter(([other]) => other !== listener).flatMap(
      ([other]) => answers[`${other}Port`] ?? [],
    );
    checkPort(`${listener}-port`, value, services, others.map(Number));
  },
});

/** `gatehouse new service <name>`. */
export const serviceKind: Kind = {
  name: 'service',
  questions: [
    projectName('service'),
    description((name) => `The ${name} service.`),
    {
      name: 'resource',
      flag: '--resource <name>',
      message: 'First resource, in the plural',
      initial: ({ name = '' }) => (/[^su]s$/.test(name) && !reservedReason(name, 'resource') ? name : 'items'),
      check: (value) => checkName('resource', value),
    },
    singularName('resource'),
    {
      name: 'storage',
      flag: '--storage <kind>',
      message: 'Where it keeps them',
      choices: () => STORAGES,
      initial: () => STORAGES[0],
      check: (value) => {
        if ((STORAGES as readonly string[]).includes(value)) return;
        throw new RefusalError(`there is no storage ${quote(value)}`, `Give one of ${STORAGES.join(', ')}.`);
      },
    },
    ...LISTENERS.map(portQuestion),
  ],
  recorded: (plan, { name = '' }) => recordedAnswers(plan, `apps/${name}`, name),
  plan: async (plan, answers, facts) => {
    const name = answers.name as string;
    const folder = `apps/${name}`;
    const ports = {
      https: Number(answers.httpsPort),
      http: Number(answers.httpPort),
      management: Number(answers.managementPort),
    };
    const files = await renderTemplates(plan.root, 'service', {
      service: name,
      description: answers.description as string,
      database: answers.storage === 'postgres',
      ...Object.fromEntries(LISTENERS.map(([listener]) => [`${listener}Port`, ports[listener]])),
    });
    for (const { path, content } of files) plan.write(`${folder}/${path}`, content);
    pinVersions(plan, folder);
    await formatPlan(plan);
    writeManifest(plan, folder, {
      kind: 'service',
      ...describePart(
        plan,
        folder,
        answers,
        files.map(({ path }) => `${folder}/${path}`),
      ),
    });
    await planResource(plan, name, answers.resource as string, answers.singular as string);
    lockWorkspace(plan, folder);
    addReference(plan, folder);
    const summary = {
      folder: name,
      name,
      description: answers.description as string,
      ports,
      database: answers.storage === 'postgres',
      secrets: BUILT_IN_SECRETS,
    };
    await deriveFiles(plan, [...facts.services, summary]);
    await formatPlan(plan);
  },
  project: ({ name }) => `apps/${name}`,
};
