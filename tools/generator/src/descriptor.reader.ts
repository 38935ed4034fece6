// service.config.ts is the only place where a service's name and ports stand; everything derived is derived from there.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { hash } from './manifest.ts';
import { isUnfinished } from './plan.journal.ts';
import { Plan } from './plan.ts';
import { quote, RefusalError } from './refusal.error.ts';
import { serviceFolders } from './workspace.ts';

/** The part of a descriptor that ports, compose and docs are derived from. */
export interface ServiceSummary {
  /** Name of the folder under apps/. */
  readonly folder: string;
  readonly name: string;
  readonly description: string;
  readonly ports: { readonly https: number; readonly http: number; readonly management: number };
  readonly database: boolean;
  readonly secrets: readonly SecretSummary[];
}

/** One declared secret. */
export interface SecretSummary {
  readonly name: string;
  /** How a first value is made: `bytes`, `text`, `keyring`; `given` where nobody can invent one. */
  readonly kind: string;
  /** Bytes of randomness; 0 where there is none. */
  readonly size: number;
}

/**
 * Imports the descriptor of every service, in this process.
 * @param plan is made from them
 * @param except a service that is about to go: whether its descriptor can be read does not matter
 * @throws RefusalError naming the descriptor that cannot be read, or two that have a name or a port in common
 */
export async function readDescriptors(root: string, plan = new Plan(root), except?: string): Promise<ServiceSummary[]> {
  try {
    return await readAll(plan, except);
  } catch (error) {
    if (!(error instanceof RefusalError)) throw error;
    await isUnfinished(root); // waits for a command that writes: half of its service was there
    return readAll(plan, except);
  }
}

async function readAll(plan: Plan, except?: string): Promise<ServiceSummary[]> {
  const folders = plan.rely('the list of services', () => serviceFolders(plan.root));
  const wanted = folders.filter((folder) => folder !== except);
  const services = await Promise.all(wanted.map((folder) => readDescriptor(plan, folder)));
  refuseShared(services);
  return services;
}

// by its port a container gets its user, who alone may read its keys; by its name its file, its database and its role
function refuseShared(services: readonly ServiceSummary[]): void {
  const owners = new Map<string, string>();
  for (const { folder, name, ports } of services) {
    const own = [`the name ${quote(name)}`, ...Object.values(ports).map((port) => `port ${port}`)];
    for (const what of own) {
      const other = owners.get(what);
      if (other !== undefined) {
        throw new RefusalError(
          `${what} stands in apps/${other}/service.config.ts and in apps/${folder}/service.config.ts`,
          'Change one of them: a service has its name and its ports alone.',
        );
      }
      owners.set(what, folder);
    }
  }
}

/** What stood in each descriptor when this process imported it first. */
const imported = new Map<string, string | undefined>();

/** A module is imported once a process: one that has changed since goes by another address. */
function addressOf(plan: Plan, path: string): string {
  const url = pathToFileURL(join(plan.root, path));
  const text = plan.read(path); // before it is imported: what changes in between is stale
  if (!imported.has(url.href)) imported.set(url.href, text);
  else if (imported.get(url.href) !== text) url.search = `${hash(text ?? '')}.ts`; // by its end it is TypeScript
  return url.href;
}

async function readDescriptor(plan: Plan, folder: string): Promise<ServiceSummary> {
  const path = `apps/${folder}/service.config.ts`;
  let loaded: { default?: Partial<Omit<ServiceSummary, 'secrets'>> & { database?: unknown; secrets?: Declared } };
  try {
    loaded = (await import(addressOf(plan, path))) as typeof loaded;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    const reason = said
      .split('\n', 2)
      .map((line) => line.trim())
      .join(' '); // what, and the first of why
    throw new RefusalError(
      `${path} cannot be read: ${reason}`,
      'Mend it: ports and the managed files come from there.',
    );
  }
  const { name, description, ports, database, secrets } = loaded.default ?? {};
  if (typeof name !== 'string' || ports === undefined) {
    throw new RefusalError(`${path} exports no descriptor`, 'Write `export default defineService({ … })` there.');
  }
  const held = summarizeSecrets(secrets);
  return { folder, name, description: description ?? '', ports, database: Boolean(database), secrets: held };
}

type Declared = Readonly<
  Record<string, { readonly path?: string; readonly generator?: { readonly kind: string; readonly size?: number } }>
>;

function summarizeSecrets(declared: Declared = {}): SecretSummary[] {
  return Object.entries(declared).map(([name, { generator, path = name }]) => {
    const canBeMade = generator?.size !== undefined;
    return { name: path, kind: canBeMade ? generator.kind : 'given', size: generator?.size ?? 0 };
  });
}
