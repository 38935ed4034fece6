// From declarations to values: chooses the store, waits for it, reads everything or says everything that is missing, and keeps it current.
import { setTimeout as delay } from 'node:timers/promises';
import { backOffMs, pause } from './long.timer.ts';
import { chooseStore, type SecretsContext } from './choose.store.ts';
import { LeaseKeeper } from './lease.keeper.ts';
import { RotationPublisher } from './rotation.publisher.ts';
import type { SecretDeclarations } from './secret.declaration.ts';
import { SecretFormatError } from './secret.format.ts';
import { SecretRefresher } from './secret.refresher.ts';
import { SecretSlot } from './secret.slot.ts';
import type { Lease, SecretStore } from './secret.store.ts';
import { refuseEnvironment } from './secrets.environment.ts';
import { SecretsError } from './secrets.error.ts';
import { type EmitSecretsEvent, emitter } from './secrets.event.ts';
import { type SecretsOptions, type SecretsSettings, secretsOptionsSchema } from './secrets.options.ts';
import { Secrets } from './secrets.ts';

interface Read {
  readonly slot: SecretSlot;
  readonly asked: number;
  readonly lease?: Lease;
}

/**
 * Opens the secrets of a service: from the vault (GATEHOUSE_VAULT_ADDR), a folder (GATEHOUSE_SECRETS_FOLDER), else the laptop store.
 *
 * @throws SecretsError with a stable `code` and the remedy, before anything listens; ZodError for an unknown option
 * @example
 * const secrets = await openSecrets(declared, {}, { service: 'api', stateFolder: '.gatehouse', production: false });
 * secrets.get('tokenKey').reveal();
 */
export async function openSecrets<const D extends SecretDeclarations>(
  declared: D,
  options: SecretsOptions,
  context: SecretsContext,
): Promise<Secrets<D>> {
  const settings = secretsOptionsSchema.parse(options);
  const env = context.env ?? process.env;
  refuseEnvironment(declared, env, { service: context.service, vault: Boolean(env.GATEHOUSE_VAULT_ADDR) });
  const emit = emitter(context.onEvent);
  if (Object.keys(declared).length === 0) return none();
  const store = await chooseStore(settings, context, emit);
  try {
    const read = await readWithPatience(store, declared, settings, emit);
    emit('store-opened', `${read.length} secrets from ${store.where}`);
    return keep(read, store, settings, emit);
  } catch (error) {
    await store.close().catch(() => undefined);
    throw error;
  }
}

/** Who declares nothing needs no store, in production either. */
const none = <D extends SecretDeclarations>() =>
  new Secrets<D>(
    new Map(),
    { kind: 'none', where: 'no store' },
    { refresh: () => Promise.resolve(), close: () => Promise.resolve() },
  );

/** A vault that starts beside the service, or waits to be unsealed, gets its time. */
async function readWithPatience(
  store: SecretStore,
  declared: SecretDeclarations,
  { startTimeoutMs }: SecretsSettings,
  emit: EmitSecretsEvent,
): Promise<Read[]> {
  const until = performance.now() + startTimeoutMs;
  for (let attempt = 0; ; attempt++) {
    try {
      await store.open(declared);
      return await readAll(store, declared);
    } catch (error) {
      if (!(error instanceof SecretsError) || !error.isTransient || store.kind !== 'vault') throw error;
      const left = until - performance.now();
      if (left <= 0) throw error;
      emit('store-waiting', `${error.message.split('\n')[0]}; waiting up to ${Math.ceil(left / 1000)} s more`);
      // keeps the process alive, unlike every timer of a running service: nothing else does at the start
      await delay(Math.min(left, backOffMs(attempt, 3_000)));
    }
  }
}

async function readAll(store: SecretStore, declared: SecretDeclarations): Promise<Read[]> {
  const wrong: string[] = [];
  const read = await Promise.all(
    Object.entries(declared).map(async ([name, declaration]): Promise<Read> => {
      const slot = new SecretSlot(name, declaration);
      const asked = performance.now();
      try {
        const stored = await store.read(name, declaration);
        if (stored) slot.take(stored);
        else if (!declaration.optional) wrong.push(`${name} is missing`);
        return { slot, asked, ...(stored?.lease ? { lease: stored.lease } : {}) };
      } catch (error) {
        if (error instanceof SecretsError && (error.code === 'forbidden' || error.code === 'refused')) {
          wrong.push(`${name}: ${error.message.split('\n')[0]}`);
        } else if (error instanceof SecretFormatError) wrong.push(`${name} ${error.message}`);
        else throw error;
        return { slot, asked };
      }
    }),
  );
  if (wrong.length === 0) return read;
  const lines = wrong.sort().map((line) => `  ${line}`);
  throw new SecretsError(
    'secrets-missing',
    `secrets cannot be had from ${store.where}:\n${lines.join('\n')}`,
    remedyFor(store),
  );
}

const remedyFor = ({ kind, where }: SecretStore) =>
  ({
    vault: 'Write them below the prefix of this service, and allow its role to read them.',
    files: `Put one file a secret into ${where}.`,
    laptop: 'Give each a developmentValue, or: gatehouse secrets set <service> <name>.',
  })[kind];

function keep<D extends SecretDeclarations>(
  read: readonly Read[],
  store: SecretStore,
  { pollSeconds, shutdownTimeoutMs }: SecretsSettings,
  emit: EmitSecretsEvent,
): Secrets<D> {
  const publisher = new RotationPublisher(emit);
  const keepers = read.flatMap(({ slot, lease, asked }) => {
    if (!lease) return [];
    const keeper = new LeaseKeeper(slot, store, publisher, emit, pollSeconds * 1000);
    keeper.hold(lease, asked);
    return [keeper];
  });
  const still = read.filter(({ lease }) => !lease);
  const refresher = new SecretRefresher(
    still.map(({ slot }) => slot),
    store,
    publisher,
    emit,
    pollSeconds * 1000,
  );
  for (const { slot, asked } of still) refresher.confirm(slot, asked);
  store.onChange((change) => {
    if (change === 'leases') for (const keeper of keepers) keeper.replaceNow();
    else void refresher.refresh();
  });
  refresher.start();
  const end = async () => {
    await Promise.all([refresher.close(), publisher.close(), ...keepers.map((keeper) => keeper.close())]);
    await store.close();
  };
  const close = () => Promise.race([end(), pause(shutdownTimeoutMs)]);
  const { kind, where } = store;
  return new Secrets<D>(
    new Map(read.map(({ slot }) => [slot.name, slot])),
    { kind, where },
    {
      refresh: () => refresher.refresh(),
      close,
    },
  );
}
