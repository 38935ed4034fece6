// What the outside may see of the inside: that the service is well, and no more.
import { skip, type Check, type Finding } from '../check.ts';
import { jsonOf, summary, type Answer } from '../client/answer.ts';
import type { Target } from '../target.ts';

export const health: Check = {
  id: 'health',
  title: 'Liveness and readiness answer, without details',
  control: ['ASVS V16.5.2', 'ASVS V13.4.5'],
  severity: 'medium',
  remedy:
    'serve GET /health/live and /health/ready publicly with a status alone; details belong on the management port',
  async run(target) {
    const answers = await Promise.all(['/health/live', '/health/ready'].map((path) => target.send({ path })));
    return answers.flatMap((answer): Finding[] => {
      if (answer.status !== 200) return [{ message: `${answer.label}: expected 200`, evidence: summary(answer) }];
      return hasDetails(answer)
        ? [{ message: `${answer.label} shows details`, evidence: summary(answer), severity: 'low' }]
        : [];
    });
  },
};

/** Paths that belong on the management port, or nowhere. */
const PRIVATE = [
  '/metrics',
  '/alerts',
  '/openapi.json',
  '/api-json',
  '/docs',
  '/docs-json',
  '/api',
  '/swagger',
  '/policy',
  '/actuator/env',
  '/debug/pprof/',
];

export const managementPrivate: Check = {
  id: 'management-private',
  title: 'Metrics, API documents and policy are not public',
  control: ['ASVS V13.4.5', 'API9:2023'],
  severity: 'medium',
  remedy: 'serve them on a management listener that is bound to loopback or an inner network',
  run: (target) => shown(target, PRIVATE, 'is public'),
};

const FILES = [
  '/.env',
  '/.git/HEAD',
  '/.git/config',
  '/package.json',
  '/.npmrc',
  '/..%2fpackage.json',
  '/%2e%2e/package.json',
  '/server.key',
];

export const exposedFiles: Check = {
  id: 'exposed-files',
  title: 'No file of the program is served',
  control: ['ASVS V13.4.2', 'API8:2023'],
  severity: 'critical',
  remedy: 'serve no folder; where one must be, serve a list of files',
  run: (target) => shown(target, FILES, 'is served'),
};

function hasDetails(answer: Answer): boolean {
  const body = jsonOf(answer);
  if (typeof body !== 'object' || body === null) return false;
  return Object.values(body).some(
    (value) => typeof value === 'object' && value !== null && Object.keys(value).length > 0,
  );
}

async function shown(target: Target, paths: readonly string[], what: string): Promise<Finding[]> {
  const missing = await target.send({ path: '/conformance/no-such-route' });
  if (missing.status === 200) skip('the service answers 200 to every path, which unknown-route finds');
  // asked as a stranger would
  const answers = await Promise.all(paths.map((path) => target.fetch({ url: new URL(path, target.url), label: path })));
  return answers
    .filter(({ status }) => status === 200)
    .map((answer) => ({ message: `${answer.label} ${what}`, evidence: summary(answer) }));
}
