// The certificate as it is served: whom it stands for, who vouches for it, how long, and with what key.
import { skip, type Check } from '../check.ts';
import { peerCertificate } from '../client/peer.certificate.ts';

const DAY_MS = 86_400_000;

export const certTrust: Check = {
  id: 'cert-trust',
  title: 'The certificate chain is trusted',
  control: ['ASVS V12.2.1', 'ASVS V12.3.2'],
  severity: 'high',
  remedy: 'serve the full chain of a CA that the clients trust; for a private CA run with --ca <file>',
  async run(target) {
    const { trustError } = await peerCertificate(target);
    return trustError ? [{ message: `a strict client refuses the chain: ${trustError}` }] : [];
  },
};

export const certNames: Check = {
  id: 'cert-names',
  title: 'The certificate names the host that was asked',
  control: ['ASVS V12.2.1', 'RFC 9525'],
  severity: 'high',
  remedy: 'order the certificate with this host among its subject alternative names',
  async run(target) {
    const { nameError } = await peerCertificate(target);
    return nameError ? [{ message: `the certificate is not for ${target.endpoint.host}: ${nameError}` }] : [];
  },
};

export const certDates: Check = {
  id: 'cert-dates',
  title: 'The certificate is valid today, with time to renew',
  control: ['ASVS V12.2.1', 'RFC 5280 §4.1.2.5'],
  severity: 'high',
  remedy: 'renew when a third of the lifetime remains, and reload without a restart',
  async run(target) {
    const { leaf } = await peerCertificate(target);
    const now = Date.now();
    const from = leaf.validFromDate.getTime();
    const to = leaf.validToDate.getTime();
    if (now < from) return [{ message: `not valid before ${leaf.validFrom}`, severity: 'critical' }];
    if (now > to) return [{ message: `expired on ${leaf.validTo}`, severity: 'critical' }];
    const left = (to - now) / (to - from);
    const message = `only ${Math.floor((to - now) / DAY_MS)} days are left, ${Math.floor(left * 100)} % of its lifetime`;
    if (left < 1 / 20) return [{ message }];
    return left < 1 / 4 ? [{ message, severity: 'low' }] : [];
  },
};

/** `<anything>certificate<anything>not_after<anything>`, or `…expir…`, in seconds of Unix time. */
const END_METRIC = /^(\w*cert\w*(?:not_?after|expir)\w*)(?:\{[^}]*\})? (\S+)/gm;

export const certMetric: Check = {
  id: 'cert-metric',
  title: 'A metric says when the served certificate ends, and it is true',
  control: ['ASVS V12.2.1', 'ASVS V16.2.1'],
  severity: 'medium',
  remedy: 'export gatehouse_certificate_not_after_timestamp_seconds of the certificate that a handshake sees',
  async run(target) {
    const { management } = target.options;
    if (management === undefined) skip('name the management address with --management');
    const { leaf } = await peerCertificate(target);
    const page = await target.fetch({ url: new URL('/metrics', management), label: '/metrics of the management port' });
    const found = [...page.text.matchAll(END_METRIC)].map(([line, , value]) => ({ line, ends: Number(value) }));
    if (found.length === 0) return [{ message: 'no metric says when the certificate ends' }];
    const ends = leaf.validToDate.getTime() / 1000;
    if (found.some((metric) => metric.ends === ends)) return [];
    const evidence = found.map(({ line }) => line).join('; ');
    return [{ message: `the certificate on the wire ends at ${ends}, and no metric says so`, evidence }];
  },
};

/** Public: CA/B Forum ballot SC-081 since 15 March 2026. Private: what Apple's platforms accept from an own CA. */
const MAX_DAYS = { public: 200, private: 825 };

export const certLifetime: Check = {
  id: 'cert-lifetime',
  title: 'The certificate is not long-lived',
  control: ['ASVS V11.1.1', 'CA/B Forum SC-081'],
  severity: 'low',
  remedy: `order at most ${MAX_DAYS.public} days from a public CA, ${MAX_DAYS.private} from an own one, and renew automatically`,
  async run(target) {
    const { leaf, trustError } = await peerCertificate(target);
    // verified against the public store, since no other CA was named
    const isPublic = (await target.ca()) === undefined && trustError === undefined;
    const days = Math.round((leaf.validToDate.getTime() - leaf.validFromDate.getTime()) / DAY_MS);
    const limit = isPublic ? MAX_DAYS.public : MAX_DAYS.private;
    return days > limit ? [{ message: `it lives ${days} days, ${limit} are the limit` }] : [];
  },
};

export const certKey: Check = {
  id: 'cert-key',
  title: 'The key and the signature of the certificate are strong',
  control: ['ASVS V11.3.2', 'NIST SP 800-57'],
  severity: 'high',
  remedy: 'use ECDSA P-256, or RSA with 2048 bits or more, signed with SHA-256 or better',
  async run(target) {
    const { leaf } = await peerCertificate(target);
    const { modulusLength = 0, namedCurve } = leaf.publicKey.asymmetricKeyDetails ?? {};
    const type = leaf.publicKey.asymmetricKeyType;
    const findings = [];
    if (type === 'rsa' && modulusLength < 2048) findings.push({ message: `the RSA key has ${modulusLength} bits` });
    if (type === 'dsa') findings.push({ message: 'the key is DSA' });
    if (type === 'ec' && !/^(prime256v1|secp384r1|secp521r1)$/.test(namedCurve ?? ''))
      findings.push({ message: `the curve is ${namedCurve}` });
    if (/sha1|md5|md2/i.test(leaf.signatureAlgorithm ?? ''))
      findings.push({ message: `it is signed with ${leaf.signatureAlgorithm}` });
    return findings;
  },
};
