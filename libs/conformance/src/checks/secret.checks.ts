// The environment of a process is shown by /proc, crash reports, child processes and container inspection: a service that takes a
// secret from there has shown it. It has to refuse to start, and not to repeat what it found (CWE-526, CWE-532).
import { randomBytes } from 'node:crypto';
import { skip, type Check, type Finding } from '../check.ts';
import { jsonOf } from '../client/answer.ts';
import type { ServiceCommand } from '../conformance.options.ts';
import type { Target } from '../target.ts';
import { tryStart } from './refused.start.ts';

/** A token that a client of a vault is usually given by environment. */
const ALWAYS = 'GATEHOUSE_VAULT_TOKEN';

/** Declared secrets that are tried: each is one start of the service. */
const MOST = 2;

export const secretEnvironment: Check = {
  id: 'secret-environment',
  title: 'A secret in the environment stops the start, and is not repeated',
  control: ['ASVS V13.3.1', 'ASVS V16.2.5'],
  severity: 'high',
  remedy: 'take secrets from a vault or from mounted files; refuse those in the environment by name, never by value',
  needs: 'command',
  slow: true,
  async run(target) {
    const command = target.options.command ?? skip('needs a command that starts the service (--command)');
    const names = [ALWAYS, ...(await declaredNames(target))];
    return (await Promise.all(names.map((name) => refuses(command, name)))).flat();
  },
};

/** What the management port says is declared, as variables: tokenKey is TOKEN_KEY. */
async function declaredNames(target: Target): Promise<string[]> {
  const { management } = target.options;
  if (!management) return [];
  const answer = await target.fetch({ url: new URL('/policy', management) });
  const page = (answer.status === 200 ? jsonOf(answer) : undefined) as
    { secrets?: { declared?: { name?: unknown }[] } } | undefined;
  const names = (page?.secrets?.declared ?? []).map(({ name }) => String(name));
  const own = names.filter((name) => /^[a-z]+([A-Z][a-z0-9]*)+$/.test(name)); // one word may be a variable of the platform
  return own.slice(0, MOST).map((name) => name.replaceAll(/([A-Z])/g, '_$1').toUpperCase());
}

async function refuses(command: ServiceCommand, name: string): Promise<Finding[]> {
  const value = `canary-${randomBytes(12).toString('hex')}`;
  const unfit = { what: `${name} in its environment`, env: { [name]: value }, names: name };
  const { findings, output } = await tryStart(command, unfit);
  return output.includes(value) ? [...findings, { message: `the value of ${name} is in the output` }] : [...findings];
}
