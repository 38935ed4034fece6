// Everything that `gatehouse doctor` looks at. It changes nothing, and each finding comes with its remedy.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { resolveSettings, type ServiceDescriptor, type ServiceSettings } from '@gatehouse/service';
import { serviceNames } from '../workspace.ts';
import { findingOf, type Finding } from './finding.ts';
import { checkDisk, checkNode, checkState } from './machine.checks.ts';
import { type RunningPolicy, runningPolicy } from './running.policy.ts';
import { checkCertificate, checkDatabase, checkPorts } from './service.checks.ts';

/** What was found, and the policy of each service that runs. */
export interface Diagnosis {
  readonly findings: readonly Finding[];
  readonly policies: readonly RunningPolicy[];
}

/** Looks at the machine, the workspace and each of its services. */
export async function diagnose(root: string, env: NodeJS.ProcessEnv): Promise<Diagnosis> {
  const stateFolder = env.GATEHOUSE_STATE ?? join(root, '.gatehouse');
  const machine = await Promise.all([checkNode(root), checkDisk(stateFolder), checkState(stateFolder)]);
  const findings = [...machine.flat(), await checkDerived(root)];
  const policies: RunningPolicy[] = [];
  for (const folder of serviceNames(root)) {
    const settings = await readSettings(root, folder, { ...env, GATEHOUSE_STATE: stateFolder }).catch(
      (error: unknown) => findingOf(error, { check: 'settings', service: folder }),
    );
    if ('check' in settings) {
      findings.push(settings);
      continue;
    }
    const policy = await runningPolicy(settings);
    if (policy) policies.push(policy);
    findings.push(...(policy ? checkPolicy(policy, settings) : await checkPorts(settings)));
    findings.push(...checkDatabase(settings, env), ...(await checkCertificate(settings)));
  }
  return { findings, policies };
}

/** Whether the derived files are as the descriptors say. */
async function checkDerived(root: string): Promise<Finding> {
  try {
    const { runSync } = await import('@gatehouse/generator');
    const { ok } = await runSync({ root, check: true, json: true }, { out: () => undefined, error: () => undefined });
    if (ok) return { check: 'derived', level: 'ok', message: 'derived files are as the descriptors say' };
    const message = 'derived files differ from what the descriptors say';
    return { check: 'derived', level: 'error', message, remedy: 'Run: npx gatehouse sync' };
  } catch (error) {
    return findingOf(error, { check: 'derived' });
  }
}

async function readSettings(root: string, folder: string, env: NodeJS.ProcessEnv): Promise<ServiceSettings> {
  const file = pathToFileURL(join(root, 'apps', folder, 'service.config.ts')).href;
  return resolveSettings(((await import(file)) as { default: ServiceDescriptor }).default, env);
}

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost']);

function checkPolicy(policy: RunningPolicy, { name, host }: ServiceSettings): Finding[] {
  const { requestPath, routes } = policy;
  const where = { check: 'policy', service: name } as const;
  const off = requestPath.filter(({ state }) => state !== 'on').map((step) => step.name);
  const found: Finding[] = [{ ...where, level: 'ok', message: `runs, with ${routes.length} routes` }];
  found.push(...revocationsReach(policy).map((each) => ({ ...where, ...each })));
  if (off.length === 0) return found;
  const remedy = LOOPBACK.has(host)
    ? 'Keep it on loopback, as it is.'
    : 'Let it listen on loopback (GATEHOUSE_HOST=127.0.0.1), or put something before it that does this.';
  return [...found, { ...where, level: 'warn', message: `steps that are not on: ${off.join(', ')}`, remedy }];
}

/** Replicas that do not hear of a revocation go on taking the token. */
function revocationsReach({ revocations, mode }: RunningPolicy): Pick<Finding, 'level' | 'message' | 'remedy'>[] {
  if (revocations === 'none') return [];
  const { reach } = revocations;
  const message = `revocations reach ${reach}`;
  if (!reach.startsWith('this') || mode !== 'production') return [{ level: 'ok', message }];
  const remedy = 'Keep it at one replica, or give it a database or Valkey (GATEHOUSE_VALKEY_URL).';
  return [{ level: 'warn', message, remedy }];
}
