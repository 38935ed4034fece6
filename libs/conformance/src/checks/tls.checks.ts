// Transport security as it is negotiated: asked in raw bytes, since no current client offers what must be refused.
import { skip, type Check, type Finding } from '../check.ts';
import { acceptedSuites, probe, probeSsl2, type Endpoint } from '../wire/tls.probe.ts';
import { GROUP, groupName, VERSION, VERSION_NAMES } from '../wire/tls.constants.ts';
import { suitesFor, suiteName, weaknessOf } from '../wire/cipher.suites.ts';

/** Alert 70 (RFC 8446 §6.2). */
const PROTOCOL_VERSION = 70;

const ids = (version: number): number[] => suitesFor(version).map(({ id }) => id);

export const tlsOldVersions: Check = {
  id: 'tls-old-versions',
  title: 'SSL 2, SSL 3, TLS 1.0 and TLS 1.1 are refused',
  control: ['ASVS V12.1.1', 'RFC 8996'],
  severity: 'high',
  remedy: 'set the minimum version to TLS 1.2',
  async run({ endpoint }) {
    const old = [VERSION.ssl3, VERSION.tls10, VERSION.tls11];
    const found = await Promise.all(old.map((version) => speaks(endpoint, version)));
    const names = old.filter((_, index) => found[index]).map((version) => VERSION_NAMES[version]);
    if (await probeSsl2(endpoint)) names.unshift('SSL 2.0');
    return names.map((name) => ({ message: `${name} is negotiated` }));
  },
};

export const tls13: Check = {
  id: 'tls-1-3',
  title: 'TLS 1.3 is offered',
  control: ['ASVS V12.1.1', 'RFC 9325 §3.1.1'],
  severity: 'medium',
  remedy: 'set the maximum version to TLS 1.3',
  async run({ endpoint }) {
    return (await speaks(endpoint, VERSION.tls13)) ? [] : [{ message: 'TLS 1.3 is not negotiated' }];
  },
};

export const tlsSuites: Check = {
  id: 'tls-suites',
  title: 'No weak cipher suite is accepted',
  control: ['ASVS V11.3.2', 'RFC 9325 §4'],
  severity: 'high',
  remedy: 'offer ECDHE with AES-GCM or ChaCha20-Poly1305 only',
  async run({ endpoint }) {
    const weak = suitesFor(VERSION.tls12).filter(({ name }) => weaknessOf(name));
    const accepted = await acceptedSuites(
      endpoint,
      VERSION.tls12,
      weak.map(({ id }) => id),
    );
    const byReason = Map.groupBy(accepted, ({ suite }) => weaknessOf(suiteName(suite)));
    return [...byReason].flatMap(([weakness, hellos]): Finding[] => {
      const names = hellos.map(({ suite }) => suiteName(suite)).join(', ');
      return weakness ? [{ message: `accepted, and ${weakness.reason}: ${names}`, severity: weakness.severity }] : [];
    });
  },
};

export const tlsPostQuantum: Check = {
  id: 'tls-post-quantum',
  title: 'Hybrid post-quantum key exchange comes first',
  control: ['ASVS V11.2.2', 'draft-ietf-tls-ecdhe-mlkem'],
  severity: 'low',
  remedy: 'put X25519MLKEM768 first in the list of groups',
  async run({ endpoint }) {
    const groups = [GROUP.X25519MLKEM768, GROUP.x25519, GROUP.secp256r1];
    const answer = await probe(endpoint, {
      version: VERSION.tls13,
      suites: ids(VERSION.tls13),
      groups,
      serverName: endpoint.host,
    });
    if (answer.kind === 'unanswered') throw new Error('no answer to a TLS 1.3 ClientHello');
    const refusedVersion = answer.kind === 'refused' && answer.alert?.description === PROTOCOL_VERSION;
    const hello = answer.kind === 'accepted' ? answer.hello : undefined;
    if (refusedVersion || (hello && hello.version !== VERSION.tls13))
      skip('the server does not speak TLS 1.3, which alone has such groups');
    if (hello?.group === GROUP.X25519MLKEM768) return [];
    const instead = hello?.group === undefined ? 'is refused' : `ends up with ${groupName(hello.group)}`;
    return [{ message: `a client that offers X25519MLKEM768 first ${instead}` }];
  },
};

async function speaks(endpoint: Endpoint, version: number): Promise<boolean> {
  const answer = await probe(endpoint, { version, suites: ids(version), serverName: endpoint.host });
  if (answer.kind === 'unanswered') throw new Error(`no answer to a ${VERSION_NAMES[version]} ClientHello`);
  return answer.kind === 'accepted' && answer.hello.version === version;
}
