// The laptop store as a source of secrets: made by the first start with random values, watched, so that `gatehouse secrets rotate`
// reaches a running service.
import { basename, dirname } from 'node:path';
import { watchFolder } from '../folder.watch.ts';
import type { SecretDeclaration, SecretDeclarations } from '../secret.declaration.ts';
import { generate } from '../secret.generator.ts';
import type { Lease, SecretStore, StoreChange, StoredSecret } from '../secret.store.ts';
import type { EmitSecretsEvent } from '../secrets.event.ts';
import { SecretsError } from '../secrets.error.ts';
import { type Laptop, openLaptop, put, type LaptopContext } from './laptop.vault.ts';
import type { LaptopContent } from './sealed.file.ts';

/** See {@link SecretStore}. */
export class LaptopStore implements SecretStore {
  readonly kind = 'laptop';
  where = 'the laptop store';
  private laptop: Laptop | undefined;
  private generation = 0;
  private stop: () => void = () => undefined;
  private listener: (change: StoreChange) => void = () => undefined;

  constructor(
    private readonly service: string,
    private readonly context: LaptopContext,
    private readonly emit: EmitSecretsEvent,
  ) {}

  async open(declared: SecretDeclarations): Promise<void> {
    const laptop = (this.laptop = await openLaptop(this.context));
    this.where = laptop.file;
    const made = await this.makeMissing(laptop, declared);
    if (made.length > 0) this.emit('laptop-store-made', `random values for ${made.join(', ')} in ${laptop.file}`);
    const file = basename(laptop.file);
    this.stop = watchFolder(
      dirname(laptop.file),
      () => this.listener('values'),
      (name) => name === file,
    );
  }

  /** Every start but the first finds all there, and waits for no lock and no disk. */
  private async makeMissing(laptop: Laptop, declared: SecretDeclarations): Promise<string[]> {
    const makeable = Object.entries(declared).filter(
      ([, { developmentValue, generator }]) => developmentValue ?? generator,
    );
    const isThere = ({ services }: LaptopContent, name: string) => services[this.service]?.[name] !== undefined;
    const before = await laptop.read();
    const made: string[] = [];
    if (makeable.every(([name]) => isThere(before, name))) return made;
    await laptop.edit((content) => {
      for (const [name, { developmentValue, generator }] of makeable) {
        const value = developmentValue ?? (generator && generate(generator));
        if (value === undefined || isThere(content, name)) continue;
        put(content, this.service, name, value, developmentValue ? undefined : generator);
        made.push(name);
      }
      return made.length > 0;
    });
    return made;
  }

  async read(name: string, _declaration: SecretDeclaration): Promise<StoredSecret | undefined> {
    if (!this.laptop) throw new SecretsError('store-unreachable', 'the laptop store is not open', 'Open it first.');
    const { generation, services } = await this.laptop.read();
    if (generation < this.generation) {
      this.emit('laptop-store-rolled-back', `${this.where} is older than what was read before: was a backup restored?`);
    }
    this.generation = generation;
    const entry = services[this.service]?.[name];
    return entry && { raw: { text: entry.value }, version: `${entry.version}@${entry.changedAt}` };
  }

  onChange(listener: (change: StoreChange) => void): void {
    this.listener = listener;
  }

  renew(lease: Lease): Promise<Lease> {
    return Promise.resolve(lease);
  }

  revoke(): Promise<void> {
    return Promise.resolve();
  }

  isLive(): Promise<boolean> {
    return Promise.resolve(true);
  }

  close(): Promise<void> {
    this.stop();
    return Promise.resolve();
  }
}
