// `gatehouse doctor`: what is wrong on this machine, in this workspace or with a service that runs, and what mends it.
import type { Command } from 'commander';
import type { Diagnosis } from '../doctor/diagnosis.ts';
import type { RunningPolicy } from '../doctor/running.policy.ts';
import { workspaceRoot } from '../workspace.ts';

const MARK = { ok: '✓', warn: '!', error: '✗' } as const;

/** Adds the command. */
export function registerDoctor(program: Command): void {
  program
    .command('doctor')
    .description('Find what is wrong on this machine or with a running service; show each route’s policy')
    .option('--json', 'print as JSON')
    .addHelpText('after', '\nExit code: 0 nothing that must be mended, 1 something must.')
    .action(async ({ json }: { json?: boolean }) => {
      const { diagnose } = await import('../doctor/diagnosis.ts');
      const diagnosis = await diagnose(workspaceRoot, process.env);
      process.stdout.write(json ? `${JSON.stringify(diagnosis, undefined, 2)}\n` : text(diagnosis));
      process.exitCode = diagnosis.findings.some(({ level }) => level === 'error') ? 1 : 0;
    });
}

function text({ findings, policies }: Diagnosis): string {
  const lines = findings.flatMap(({ check, service, level, message, remedy }) => [
    `${MARK[level]} ${[service, check].filter(Boolean).join(' ').padEnd(18)} ${message}`,
    ...(remedy === undefined ? [] : [`  ${''.padEnd(18)} ${remedy}`]),
  ]);
  return `${[...lines, ...policies.flatMap(policyLines)].join('\n')}\n`;
}

function policyLines({ service, mode, requestPath, routes }: RunningPolicy): string[] {
  const width = Math.max(...routes.map(({ url }) => url.length));
  return [
    '',
    `${service} (${mode}): ${requestPath.filter(({ state }) => state === 'on').length} steps on each route`,
    ...routes.map(({ method, url, ...rest }) => `  ${method.padEnd(7)} ${url.padEnd(width)}  ${facts(rest)}`),
  ];
}

const facts = (route: Record<string, unknown>): string =>
  Object.entries(route)
    .filter(([, value]) => ['string', 'boolean', 'number'].includes(typeof value))
    .map(([name, value]) => `${name}: ${value}`)
    .join(', ');
