// Headers that protect a client, and headers that tell a stranger too much.
import { skip, type Check, type Finding } from '../check.ts';
import type { Answer } from '../client/answer.ts';
import type { Target } from '../target.ts';

/** Two years: the HSTS preload list's and Mozilla's figure. */
const HSTS_SECONDS = 63_072_000;

export const hsts: Check = {
  id: 'hsts',
  title: 'HSTS for two years, with subdomains, on success and error',
  control: ['ASVS V3.4.1', 'RFC 6797 §6.1'],
  severity: 'high',
  remedy: `send "strict-transport-security: max-age=${HSTS_SECONDS}; includeSubDomains" on every answer over HTTPS`,
  async run(target) {
    const answers = await answersToPublicName(target);
    return answers.flatMap(({ label, headers }) => {
      const value = headers['strict-transport-security'];
      if (value === undefined) return [{ message: `${label}: no strict-transport-security` }];
      const maxAge = Number(/(?:^|;)\s*max-age="?(\d+)/i.exec(value)?.[1] ?? 0);
      const findings: Finding[] = [];
      if (maxAge < HSTS_SECONDS)
        findings.push({ message: `${label}: max-age is ${maxAge}, less than ${HSTS_SECONDS}` });
      if (!/includeSubDomains/i.test(value))
        findings.push({ message: `${label}: includeSubDomains is missing`, severity: 'medium' });
      return findings;
    });
  },
};

/** What a service on the Internet is called; resolved by nobody. */
const PUBLIC_NAME = 'conformance.example';

/**
 * HSTS has no meaning for an IP address (RFC 6797 §8.1.1) and does harm for localhost, so a careful service leaves it out there.
 * What counts is what it says under a public name.
 */
async function answersToPublicName(target: Target): Promise<Answer[]> {
  const answers = await successAndError(target);
  const isLocal = /^(?:.*\.)?localhost$|^\[|^[\d.]+$/.test(target.url.hostname);
  if (!isLocal || answers.some(({ headers }) => 'strict-transport-security' in headers)) return answers;
  const paths = ['/health/live', '/conformance-no-such-route'];
  const asked = paths.map((path) => {
    const label = `GET ${path} for Host ${PUBLIC_NAME}`;
    return target.fetch({ url: new URL(path, target.url), headers: { host: PUBLIC_NAME }, label });
  });
  // 421: it knows its names; 400: it refuses others
  const answered = (await Promise.all(asked)).filter(({ status }) => ![0, 400, 421].includes(status));
  return answered.length > 0 ? answered : skip('it says no HSTS to localhost, and answers under no other name');
}

interface Rule {
  readonly header: string;
  readonly wanted: RegExp;
  readonly say: string;
}

const RULES: readonly Rule[] = [
  { header: 'x-content-type-options', wanted: /^nosniff$/i, say: 'nosniff' },
  { header: 'content-security-policy', wanted: /default-src 'none'/i, say: "default-src 'none'" },
  { header: 'cache-control', wanted: /\bno-store\b/i, say: 'no-store' },
];

export const securityHeaders: Check = {
  id: 'security-headers',
  title: 'nosniff, a closed CSP and no-store, on success and error',
  control: ['ASVS V3.4.4', 'ASVS V14.3.2', 'API8:2023'],
  severity: 'medium',
  remedy: `send ${RULES.map(({ header, say }) => `${header}: ${say}`).join('; ')} on every API answer`,
  async run(target) {
    const answers = await successAndError(target);
    return RULES.flatMap(({ header, wanted, say }) => {
      const without = answers.filter(({ headers }) => !wanted.test(headers[header] ?? ''));
      const where = without.map(({ label, headers }) => `${label} (${headers[header] ?? 'missing'})`).join(', ');
      return without.length > 0 ? [{ message: `${header} is not ${say}: ${where}` }] : [];
    });
  },
};

const BANNERS = ['server', 'x-powered-by', 'x-aspnet-version', 'x-aspnetmvc-version', 'x-generator', 'x-runtime'];

export const versionBanner: Check = {
  id: 'version-banner',
  title: 'No header names the software or its version',
  control: ['ASVS V13.4.2', 'API8:2023'],
  severity: 'low',
  remedy: `remove the headers ${BANNERS.slice(0, 2).join(' and ')}`,
  async run(target) {
    const answers = await successAndError(target);
    const seen = answers.flatMap(({ headers }) =>
      BANNERS.filter((name) => name in headers).map((name) => `${name}: ${headers[name]}`),
    );
    return [...new Set(seen)].map((banner): Finding => ({
      message: `the service says "${banner}"`,
      severity: /\d/.test(banner) ? 'medium' : 'low',
    }));
  },
};

const STRANGER = 'https://conformance.invalid';

export const corsOrigin: Check = {
  id: 'cors-origin',
  title: 'A foreign origin is not let in by CORS',
  control: ['ASVS V3.4.2', 'API8:2023'],
  severity: 'high',
  remedy: 'answer access-control-allow-origin for listed origins only, or not at all',
  async run(target) {
    const preflight = { method: 'OPTIONS', headers: { origin: STRANGER, 'access-control-request-method': 'POST' } };
    const answers = [
      await target.send({ path: '/health/live', headers: { origin: STRANGER } }),
      await target.send({ path: '/health/live', ...preflight }),
    ];
    return answers.flatMap(({ label, headers }): Finding[] => {
      const allowed = headers['access-control-allow-origin'];
      const credentials = headers['access-control-allow-credentials'] === 'true';
      if (allowed === STRANGER || allowed === 'null') {
        return [{ message: `${label}: the origin ${STRANGER} is let in${credentials ? ', with credentials' : ''}` }];
      }
      return allowed === '*' ? [{ message: `${label}: every origin is let in`, severity: 'medium' }] : [];
    });
  },
};

function successAndError(target: Target): Promise<Answer[]> {
  return target.once('success and error', async () => {
    const missing = await target.send({ path: '/conformance-no-such-route' });
    const answers = [await target.plainAnswer(), missing].filter(({ status }) => status !== 0);
    return answers.length > 0 ? answers : skip('the port does not answer HTTP');
  });
}
