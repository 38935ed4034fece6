// Gives every {apps,libs,tools}/<name>/package.json its targets, so that no project carries configuration of its own.
// build and typecheck come from @nx/js/typescript; lint, test, serve and bundle come from here.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { CreateNodesV2, TargetConfiguration } from '@nx/devkit';

const TAGS: Record<string, string[]> = { apps: ['type:app'], libs: ['type:lib'], tools: ['type:tool'] };

export const createNodesV2: CreateNodesV2 = [
  '{apps,libs,tools}/*/package.json',
  (files, _options, context) =>
    files.map((file) => {
      const root = dirname(file);
      const kind = file.split('/')[0];
      const { name } = JSON.parse(readFileSync(join(context.workspaceRoot, file), 'utf8')) as { name: string };
      const has = (path: string) => existsSync(join(context.workspaceRoot, root, path));

      const targets: Record<string, TargetConfiguration> = { lint: lint(root) };
      if (has('tsconfig.spec.json')) targets.test = test(root);
      if (kind === 'apps' && has('src/main.ts')) {
        targets.serve = serve(root);
        targets.bundle = bundle(root);
      }
      const projectType = kind === 'apps' ? ('application' as const) : ('library' as const);
      return [file, { projects: { [root]: { name, projectType, tags: TAGS[kind], targets } } }] as const;
    }),
];

const lint = (cwd: string): TargetConfiguration => ({
  command: 'eslint .',
  cache: true,
  inputs: [
    'default',
    '^production',
    '{workspaceRoot}/eslint.*.mjs',
    { externalDependencies: ['eslint', 'typescript-eslint', '@nx/eslint-plugin'] },
  ],
  options: { cwd },
});

const test = (cwd: string): TargetConfiguration => ({
  command: 'jest --config ../../jest.preset.mjs --rootDir . --passWithNoTests',
  cache: true,
  inputs: ['default', '^production', 'pages', 'jest'],
  outputs: ['{projectRoot}/coverage'],
  options: { cwd },
});

const serve = (cwd: string): TargetConfiguration => ({
  command: 'node --watch --conditions=@gatehouse/source --import ../../tools/cli/swc-hook.mjs src/main.ts',
  continuous: true,
  options: { cwd },
});

const bundle = (cwd: string): TargetConfiguration => ({
  command: 'rolldown -c ../../tools/cli/rolldown.config.mjs',
  cache: true,
  inputs: [
    'production',
    '^production',
    '{workspaceRoot}/tools/cli/rolldown.config.mjs',
    { externalDependencies: ['rolldown'] },
  ],
  outputs: ['{projectRoot}/bundle'],
  options: { cwd },
});
