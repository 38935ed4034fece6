// service.config.ts is the only place where a service's name and ports stand; everything derived is derived from there.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
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
 * @param except a service that is about to go: whether its descriptor can be read does not matter
 * @throws RefusalError naming the descriptor that cannot be read, or two that have a name or a port in common
 */
export async function readDescriptors(root: string, except?: string): Promise<ServiceSummary[]> {
  const wanted = serviceFolders(root).filter((folder) => folder !== except);
  const services = await Promise.all(wanted.map((folder) => readDescriptor(root, folder)));
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

async function readDescriptor(root: string, folder: string): Promise<ServiceSummary> {
  const path = `apps/${folder}/service.config.ts`;
  let loaded: { default?: Partial<Omit<ServiceSummary, 'secrets'>> & { database?: unknown; secrets?: Declared } };
  try {
    loaded = (await import(pathToFileURL(join(root, path)).href)) as typeof loaded;
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
