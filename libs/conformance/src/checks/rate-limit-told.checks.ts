// What callers are told of their limits has to be true, or a client that keeps to it is refused, and one that waits waits in vain.
import { setTimeout as delay } from 'node:timers/promises';
import { skip, type Check, type Finding } from '../check.ts';
import type { Target } from '../target.ts';
import { flood, hammered, openCaller, type Answered } from './rate-limit.flood.ts';

/** Longer than that nobody is waited for, in seconds. */
const PATIENCE_SECONDS = 5;

export const rateLimitTold: Check = {
  id: 'rate-limit-told',
  title: 'What callers are told of their limits is true',
  control: ['ASVS V2.4.1', 'RFC 9110 §10.2.3', 'API4:2023'],
  severity: 'low',
  remedy:
    'send RateLimit and RateLimit-Policy on every answer, with the same names; let Retry-After be a time after which the caller is served',
  alone: true,
  async run(target) {
    const { refused, before } = await hammered(target);
    if (!refused) skip('nothing limits its callers: see rate-limit');
    if (refused.ratelimit === undefined && refused['ratelimit-policy'] === undefined)
      skip('nothing is told of the limits: see rate-limit');
    return [
      ...(before ? untrue('an answer before the refusal', before) : []),
      ...untrue('the refusal', refused),
      ...(lefts(refused).includes(0)
        ? []
        : [{ message: 'the refusal says that requests are left (r) of every limit' }]),
      ...(await backInTime(target)),
    ];
  },
};

/** Members of a structured list of the draft: `"name";r=1;t=2`. */
function members(header: unknown): Map<string, string> {
  const found = String(header ?? '').matchAll(/"([^"]+)"((?:;[a-z]+=[^;,]+)*)/g);
  return new Map([...found].map(([, name = '', parameters = '']) => [name, parameters]));
}

const lefts = ({ ratelimit }: Answered) =>
  [...members(ratelimit).values()].map((one) => Number(/;r=(\d+)/.exec(one)?.[1]));

function untrue(which: string, answer: Answered): Finding[] {
  const policies = members(answer['ratelimit-policy']);
  const states = members(answer.ratelimit);
  const findings: Finding[] = [];
  if (states.size === 0 || policies.size === 0)
    return [{ message: `${which} has no RateLimit, or no RateLimit-Policy` }];
  for (const [name, parameters] of states) {
    if (!/;r=\d+/.test(parameters)) findings.push({ message: `${which} does not say what is left (r) of "${name}"` });
    if (!/;q=[1-9]\d*/.test(policies.get(name) ?? ''))
      findings.push({ message: `${which} tells of the limit "${name}" and not its quota (q) in RateLimit-Policy` });
  }
  return findings;
}

/** Refused anew: what an earlier refusal said may be of another window. */
async function backInTime(target: Target): Promise<Finding[]> {
  const caller = await openCaller(target);
  try {
    const { refused } = await flood(caller);
    const after = String(refused?.['retry-after'] ?? '');
    if (!/^\d+$/.test(after) || Number(after) > PATIENCE_SECONDS) return [];
    await delay(Number(after) * 1_000 + 50);
    if ((await caller.send({}))[':status'] !== 429) return [];
    return [{ message: `a caller that waits the ${after} s of Retry-After is refused again` }];
  } finally {
    caller.close();
  }
}
