// Reads and edits the laptop store: for the running service and for `gatehouse secrets`. Refused in production by its callers' one
// gate, `openLaptop`.
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '@gatehouse/files';
import { generate, type Generator } from '../secret.generator.ts';
import { SECRET_NAME } from '../define-secrets.ts';
import { SecretsError } from '../secrets.error.ts';
import { refuseInProduction } from '../store.choice.ts';
import { withLock } from './file.lock.ts';
import { keyFileOf, laptopKey } from './laptop.key.ts';
import { type LaptopContent, type LaptopEntry, seal, unseal } from './sealed.file.ts';

/** What {@link openLaptop} works with. */
export interface LaptopContext {
  /** `.gatehouse/` of the workspace. */
  readonly stateFolder: string;
  readonly production: boolean;
  readonly env?: NodeJS.ProcessEnv;
}

/** One row of {@link Laptop.list}: no value. */
export interface LaptopRow {
  readonly service: string;
  readonly name: string;
  readonly kind: string;
  readonly version: number;
  readonly changedAt: string;
}

/** The opened laptop store. */
export class Laptop {
  constructor(
    readonly file: string,
    private readonly key: Uint8Array,
  ) {}

  /** @throws SecretsError `laptop-damaged` */
  async read(): Promise<LaptopContent> {
    const sealed = await readFile(this.file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    return sealed ? unseal(sealed, this.key, this.file) : { generation: 0, services: {} };
  }

  /** Reads, changes and writes under the lock; `change` returns false to leave the file alone. */
  async edit(change: (content: LaptopContent) => boolean | void): Promise<LaptopContent> {
    return withLock(`${this.file}.lock`, async () => {
      const content = await this.read();
      if (change(content) === false) return content;
      content.generation += 1;
      await replaceFile(this.file, seal(content, this.key));
      return content;
    });
  }

  async list(): Promise<LaptopRow[]> {
    const { services } = await this.read();
    return Object.entries(services).flatMap(([service, entries]) =>
      Object.entries(entries).map(([name, { version, changedAt, generator }]) => {
        return { service, name, kind: generator?.kind ?? 'set by hand', version, changedAt };
      }),
    );
  }

  /** The values in clear, for {@link exportLaptop}. @throws SecretsError when the service has none */
  async values(service: string): Promise<Record<string, string>> {
    const entries = (await this.read()).services[service];
    if (entries) return Object.fromEntries(Object.entries(entries).map(([name, { value }]) => [name, value]));
    throw new SecretsError(
      'secrets-missing',
      `the laptop store has nothing of "${service}"`,
      'Start the service once.',
    );
  }

  /** Sets a value by hand. @throws SecretsError for names that no service and no declaration can have */
  async set(service: string, name: string, value: string): Promise<void> {
    refuseName(service, SERVICE);
    refuseName(name, SECRET_NAME);
    await this.edit((content) => put(content, service, name, value, content.services[service]?.[name]?.generator));
  }

  /** @throws SecretsError when there is none, or it was set by hand */
  async rotate(service: string, name: string): Promise<void> {
    await this.edit((content) => {
      const entry = content.services[service]?.[name];
      if (!entry?.generator) {
        const problem = entry ? `${name} of ${service} was set by hand` : `${service} has no secret "${name}"`;
        throw new SecretsError('secrets-missing', problem, `Use: gatehouse secrets set ${service} ${name}`);
      }
      put(content, service, name, generate(entry.generator, entry.value), entry.generator);
    });
  }
}

const SERVICE = /^[a-z][a-z0-9-]{0,38}[a-z0-9]$/;

function refuseName(name: string, pattern: RegExp): void {
  if (pattern.test(name)) return;
  const remedy = 'A service is named like orders-2, a secret like tokenKey.';
  throw new SecretsError('options-invalid', `${JSON.stringify(name)} is no name`, remedy);
}

/** Puts a value into the content, one version up. */
export function put(
  content: LaptopContent,
  service: string,
  name: string,
  value: string,
  generator: Generator | undefined,
): void {
  const entries = (content.services[service] ??= {});
  const version = (entries[name]?.version ?? 0) + 1;
  const entry: LaptopEntry = { value, version, changedAt: new Date().toISOString() };
  entries[name] = generator ? { ...entry, generator } : entry;
}

/**
 * Opens the laptop store; makes its key when there is no store yet.
 * @throws SecretsError `production-refused`, `laptop-key`
 */
export async function openLaptop({ stateFolder, production, env = process.env }: LaptopContext): Promise<Laptop> {
  refuseInProduction(production);
  const file = join(stateFolder, 'secrets.sealed');
  const key = await laptopKey(keyFileOf(env), stateFolder, !existsSync(file));
  await mkdir(stateFolder, { recursive: true }); // not private: the embedded database's user passes through it
  return new Laptop(file, key);
}
