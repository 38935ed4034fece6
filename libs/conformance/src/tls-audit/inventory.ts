// What a TLS port accepts, asked in raw bytes: each version, each suite, each group. Asked once; facts and checks share it.
import type { Target } from '../target.ts';
import { acceptedSuites, probe, probeSsl2, type Endpoint } from '../wire/tls.probe.ts';
import type { ServerHello } from '../wire/server-flight.decoder.ts';
import { suitesFor, suiteName } from '../wire/cipher.suites.ts';
import { GROUP, VERSION, VERSION_NAMES, type GroupName } from '../wire/tls.constants.ts';

/** What one version of the protocol accepts. */
export interface VersionInventory {
  readonly version: number;
  readonly name: string;
  /** One hello for each accepted suite, in the order in which the server chose them. */
  readonly hellos: readonly ServerHello[];
}

export interface Inventory {
  readonly ssl2: boolean;
  /** Versions that are accepted, oldest first. */
  readonly versions: readonly VersionInventory[];
  /** Groups that are accepted, in any version. */
  readonly groups: readonly GroupName[];
  /** TLS 1.3: what the server picks when it is offered everything, post-quantum first. */
  readonly preferredGroup?: number;
}

const VERSIONS = [VERSION.ssl3, VERSION.tls10, VERSION.tls11, VERSION.tls12, VERSION.tls13];

/** Asks for everything, once a run. */
export function inventory(target: Target): Promise<Inventory> {
  return target.once('tls inventory', async () => {
    const { endpoint } = target;
    const asked = await Promise.all(VERSIONS.map((version) => acceptedSuites(endpoint, version)));
    const versions = VERSIONS.map((version, index) => ({
      version,
      name: VERSION_NAMES[version],
      hellos: asked[index],
    }));
    const accepted = versions.filter(({ hellos }) => hellos.length > 0);
    return {
      ssl2: await probeSsl2(endpoint),
      versions: accepted,
      groups: await acceptedGroups(endpoint, accepted),
      preferredGroup: await preferredGroup(endpoint),
    };
  });
}

/** The names of a version's suites. */
export function suiteNames({ hellos }: VersionInventory): string[] {
  return hellos.map(({ suite }) => suiteName(suite));
}

async function acceptedGroups(endpoint: Endpoint, versions: readonly VersionInventory[]): Promise<GroupName[]> {
  const asks = (version: number) => versions.some((entry) => entry.version === version);
  const names = Object.keys(GROUP) as GroupName[];
  const found = await Promise.all(
    names.map(async (name) => {
      const group = GROUP[name];
      const in13 = asks(VERSION.tls13) && (await picks(endpoint, VERSION.tls13, group));
      return in13 || (asks(VERSION.tls12) && !isHybrid(name) && (await picks(endpoint, VERSION.tls12, group)));
    }),
  );
  return names.filter((_, index) => found[index]);
}

const isHybrid = (name: GroupName): boolean => name.includes('MLKEM');

async function picks(endpoint: Endpoint, version: number, group: number): Promise<boolean> {
  const suites = suitesFor(version).filter(({ name }) => version === VERSION.tls13 || name.startsWith('TLS_ECDHE_'));
  // in TLS 1.2 the curve of an ECDSA certificate must be on the list too, so P-256 stands behind the one that is asked for
  const lists = version === VERSION.tls13 ? [[group]] : [[group], [group, GROUP.secp256r1]];
  for (const groups of lists) {
    const hello = { version, suites: suites.map(({ id }) => id), groups, serverName: endpoint.host };
    const answer = await probe(endpoint, hello);
    if (answer.kind === 'accepted' && answer.hello.group === group) return true;
  }
  return false;
}

async function preferredGroup(endpoint: Endpoint): Promise<number | undefined> {
  const groups = [GROUP.X25519MLKEM768, GROUP.x25519, GROUP.secp256r1, GROUP.secp384r1];
  const suites = suitesFor(VERSION.tls13).map(({ id }) => id);
  const answer = await probe(endpoint, { version: VERSION.tls13, suites, groups, serverName: endpoint.host });
  return answer.kind === 'accepted' ? answer.hello.group : undefined;
}
