// A caller that asks too often: refused in time, told when to come back, not let off for a forged address; and health stays up, or a
// balancer takes the flood to the next replica. Only against a loopback address: a flood is not for other people's machines.
import { skip, type Check, type Finding } from '../check.ts';
import type { Target } from '../target.ts';
import { flood, hammered, openCaller, type Answered } from './rate-limit.flood.ts';

export const rateLimit: Check = {
  id: 'rate-limit',
  title: 'A caller that asks too often is refused, and told when to come back',
  control: ['ASVS V2.4.1', 'API4:2023', 'RFC 6585 §4'],
  severity: 'high',
  remedy: 'limit by address before anything costly; answer 429 with Retry-After, RateLimit and RateLimit-Policy',
  alone: true,
  async run(target) {
    const { refused, sent, ms } = await hammered(target);
    if (!refused)
      return [{ message: `${sent} requests answered in ${Math.round(ms / 1000)} s, and none was refused with 429` }];
    const findings: Finding[] = [];
    const seconds = String(refused['retry-after'] ?? '');
    if (!/^\d+$/.test(seconds) && Number.isNaN(Date.parse(seconds)))
      findings.push({ message: '429 does not say when to come back: Retry-After is missing', severity: 'medium' });
    for (const name of ['ratelimit', 'ratelimit-policy'])
      if (!/^"[^"]+"(;[a-z]+=\S+?)+(, |$)/.test(String(refused[name] ?? '')))
        findings.push({ message: `429 has no ${name} in structured fields`, severity: 'low' });
    return findings;
  },
};

/** Headers by which proxies say who calls, and attackers who they would like to be. */
const FORGED = ['x-forwarded-for', 'x-real-ip', 'x-client-ip', 'cf-connecting-ip', 'true-client-ip', 'forwarded'];
const FORGERIES = 12;
const HONEST = 60;

export const rateLimitForged: Check = {
  id: 'rate-limit-forged',
  title: 'A forged address does not get round the limit',
  control: ['ASVS V4.1.3', 'API4:2023', 'CWE-348'],
  severity: 'high',
  remedy: 'take the address from the connection; believe X-Forwarded-For and its like from listed proxies only',
  alone: true,
  async run(target) {
    const forged = Array.from({ length: FORGERIES }, (_, index) =>
      FORGED.map((name) => ({
        what: name,
        headers: { [name]: `${name === 'forwarded' ? 'for=' : ''}203.0.113.${index + 1}` },
      })),
    ).flat();
    const passed = await amongRefused(target, forged, (answer) => answer[':status'] !== 429);
    return [...passed]
      .filter(([, count]) => count >= FORGERIES - 1)
      .map(([name, count]) => ({
        message: `${count} of ${FORGERIES} pass with a forged ${name}, while the caller is refused`,
      }));
  },
};

export const rateLimitHealth: Check = {
  id: 'rate-limit-health',
  title: 'Health answers while its caller is limited',
  control: ['ASVS V16.5.2', 'API4:2023'],
  severity: 'medium',
  remedy: 'exempt liveness and readiness from limits, and keep them cheap',
  alone: true,
  async run(target) {
    const probes = Array.from({ length: FORGERIES }, () =>
      ['/health/live', '/health/ready'].map((path) => ({ what: path, path })),
    ).flat();
    const refused = await amongRefused(target, probes, (answer) => [429, 503].includes(answer[':status'] ?? 0));
    return [...refused].map(([path, count]) => ({
      message: `${path} is refused ${count} of ${FORGERIES} times while its caller is limited`,
    }));
  },
};

interface Probe {
  readonly what: string;
  readonly headers?: Record<string, string>;
  readonly path?: string;
}

/**
 * Sends the probes among ordinary requests of a caller that is being refused, so that both meet the limit in the same state: an
 * allowance that comes back in the meantime is shared by both.
 * @returns how many answers to each kind of probe are as asked
 */
async function amongRefused(
  target: Target,
  probes: readonly Probe[],
  wanted: (answer: Answered) => boolean,
): Promise<Map<string, number>> {
  const { refused } = await hammered(target);
  if (!refused) skip('nothing limits its callers: see rate-limit');
  const caller = await openCaller(target);
  try {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      await flood(caller);
      const every = Math.ceil(HONEST / probes.length);
      const counts = new Map<string, number>();
      let honestRefused = 0;
      const honest = async () => void ((await caller.send({}))[':status'] === 429 && (honestRefused += 1));
      const probe = async ({ what, headers = {}, path }: Probe) => {
        if (wanted(await caller.send(headers, path))) counts.set(what, (counts.get(what) ?? 0) + 1);
      };
      await Promise.all(probes.flatMap((one) => [...Array.from({ length: every }, honest), probe(one)]));
      if (honestRefused >= (every * probes.length) / 2) return counts;
    }
    throw new Error('the caller could not be kept above its limit: the service answers too slowly, or allows too much');
  } finally {
    caller.close();
  }
}
