// Everything that the server would agree to in a handshake, in any version that it speaks.
import { skip, type Check, type Finding } from '../check.ts';
import type { Target } from '../target.ts';
import { probe } from '../wire/tls.probe.ts';
import { suiteName, suitesFor, weaknessOf, type SuiteWeakness } from '../wire/cipher.suites.ts';
import { GROUP, VERSION, type GroupName } from '../wire/tls.constants.ts';
import { inventory, type VersionInventory } from './inventory.ts';

export const auditSuites: Check = {
  id: 'tls-suites',
  title: 'No weak cipher suite in any version',
  control: ['ASVS V11.3.2', 'RFC 9325 §4'],
  severity: 'high',
  remedy: 'offer ECDHE with AES-GCM or ChaCha20-Poly1305 only',
  async run(target) {
    const { versions } = await inventory(target);
    const weak = versions.flatMap((entry) =>
      entry.hellos.map(({ suite }) => ({ name: suiteName(suite), in: entry.name })),
    );
    const byReason = Map.groupBy(weak, ({ name }) => weaknessOf(name));
    return [...byReason].flatMap(([weakness, suites]) => (weakness ? [weakSuites(weakness, suites)] : []));
  },
};

function weakSuites({ reason, severity }: SuiteWeakness, suites: readonly { name: string; in: string }[]): Finding {
  const names = [...new Set(suites.map(({ name }) => name))];
  const versions = [...new Set(suites.map((suite) => suite.in))];
  return { message: `accepted in ${versions.join(', ')}, and ${reason}: ${names.join(', ')}`, severity };
}

/** Fewer than 112 bits of strength, or a curve outside of every current recommendation. */
const WEAK_GROUPS: readonly GroupName[] = [
  'secp192r1',
  'secp160r1',
  'sect163k1',
  'secp224r1',
  'sect233k1',
  'sect283k1',
  'secp256k1',
];

export const auditGroups: Check = {
  id: 'tls-groups',
  title: 'No weak key exchange group',
  control: ['ASVS V11.3.2', 'RFC 9325 §4.4', 'RFC 8422 §5.1.1'],
  severity: 'medium',
  remedy: 'offer X25519MLKEM768, X25519, P-256 and P-384; no finite-field group below 2048 bits',
  async run(target) {
    const { groups, versions } = await inventory(target);
    const weak = groups.filter((name) => WEAK_GROUPS.includes(name));
    const findings: Finding[] = weak.length > 0 ? [{ message: `weak curves are accepted: ${weak.join(', ')}` }] : [];
    const primes = versions.flatMap(({ hellos }) => hellos.map(({ dhPrimeBits }) => dhPrimeBits ?? Infinity));
    const smallest = Math.min(...primes);
    if (smallest < 2048) findings.push({ message: `DHE uses a prime of ${smallest} bits (Logjam)`, severity: 'high' });
    return findings;
  },
};

export const auditCompression: Check = {
  id: 'tls-compression',
  title: 'TLS compression is off',
  control: ['RFC 9325 §3.3', 'CVE-2012-4929'],
  severity: 'high',
  remedy: 'switch TLS compression off (CRIME)',
  async run(target) {
    const { version } = await newestBefore13(target);
    const suites = suitesFor(version).map(({ id }) => id);
    const answer = await probe(target.endpoint, {
      version,
      suites,
      serverName: target.endpoint.host,
      compression: true,
    });
    const compresses = answer.kind === 'accepted' && answer.hello.compression !== 0;
    return compresses ? [{ message: 'the server agrees to compress' }] : [];
  },
};

export const auditSecureRenegotiation: Check = {
  id: 'tls-secure-renegotiation',
  title: 'Renegotiation is bound to its connection',
  control: ['RFC 5746', 'CVE-2009-3555'],
  severity: 'high',
  remedy: 'support the renegotiation_info extension, or speak TLS 1.3 alone',
  async run(target) {
    const { hellos } = await newestBefore13(target);
    return hellos[0].secureRenegotiation ? [] : [{ message: 'the server does not send renegotiation_info' }];
  },
};

export const auditExtendedMasterSecret: Check = {
  id: 'tls-extended-master-secret',
  title: 'The master secret is bound to the handshake',
  control: ['RFC 7627', 'RFC 9325 §3.5'],
  severity: 'low',
  remedy: 'support extended_master_secret (triple handshake), or speak TLS 1.3 alone',
  async run(target) {
    const { hellos } = await newestBefore13(target);
    return hellos[0].extendedMasterSecret ? [] : [{ message: 'the server does not send extended_master_secret' }];
  },
};

export const auditPostQuantumShare: Check = {
  id: 'tls-post-quantum-share',
  title: 'A client that guesses X25519 is asked for the hybrid group',
  control: ['ASVS V11.2.2', 'draft-ietf-tls-ecdhe-mlkem'],
  severity: 'low',
  remedy: "rank the hybrid group in a tuple of its own (OpenSSL 3.5: '?X25519MLKEM768/X25519:P-256')",
  async run(target) {
    const { endpoint } = target;
    const { groups: known } = await inventory(target);
    if (!known.includes('X25519MLKEM768'))
      skip('the server does not know X25519MLKEM768, which tls-post-quantum finds');
    const suites = suitesFor(VERSION.tls13).map(({ id }) => id);
    const groups = [GROUP.X25519MLKEM768, GROUP.x25519];
    const hello = { version: VERSION.tls13, suites, groups, keyShare: 'x25519' as const, serverName: endpoint.host };
    const answer = await probe(endpoint, hello);
    const isHybrid = answer.kind === 'accepted' && answer.hello.group === GROUP.X25519MLKEM768;
    return isHybrid ? [] : [{ message: 'it stays with X25519, although both could do better' }];
  },
};

async function newestBefore13(target: Target): Promise<VersionInventory> {
  const { versions } = await inventory(target);
  return (
    versions.findLast(({ version }) => version < VERSION.tls13) ?? skip('the server speaks nothing older than TLS 1.3')
  );
}
