// The life of the process: it refuses to live with unsafe settings, and it dies without dropping what it has begun.
import type { Check, Finding } from '../check.ts';
import { converse, type RawOptions, type RawResult } from '../client/raw.client.ts';
import type { ServiceCommand } from '../conformance.options.ts';
import type { ServiceProcess } from '../process/service.process.ts';
import type { Target } from '../target.ts';
import { bodyRoute } from './body.route.ts';
import { tryStart } from './refused.start.ts';
import { commandOf } from './service.command.ts';

export const sigtermDrain: Check = {
  id: 'sigterm-drain',
  title: 'SIGTERM: what is under way is answered, then the process ends with 0',
  control: ['ASVS V16.5.2', 'ASVS V16.5.3'],
  severity: 'medium',
  remedy: 'on SIGTERM stop listening, finish the requests under way within a bound, and exit with 0',
  needs: 'process',
  alone: true,
  async run(target) {
    const { service } = await target.process();
    return drain(target, service, commandOf(target).startSeconds * 1000);
  },
};

export const unsafeSettings: Check = {
  id: 'unsafe-settings',
  title: 'An unsafe or unknown setting stops the start',
  control: ['ASVS V13.4.2', 'ASVS V4.1.3', 'API8:2023'],
  severity: 'high',
  remedy: 'check the effective policy before listening; exit with a code other than 0 and name the setting',
  needs: 'command',
  slow: true,
  async run(target) {
    const command = commandOf(target);
    const findings = await Promise.all(command.unsafeSettings.map((setting) => refuses(command, setting)));
    return findings.flat();
  },
};

/** How long the first half has to arrive, and then how long it waits for the rest, milliseconds. */
const HALF_MS = { before: 200, after: 300 };

/** Begins a request, sends SIGTERM, ends the request: the answer must still come. */
async function drain(target: Target, service: ServiceProcess, ms: number): Promise<Finding[]> {
  const { url, exit } = service;
  const raw = { url, timeoutMs: ms, label: 'the request under way at SIGTERM' };
  const underWay =
    (await endedAcross(service, raw, await bodyInHalves(target, url))) ??
    (await endedAcross(service, raw, headInHalves(url)));
  const findings: Finding[] = [];
  if (!underWay) findings.push({ message: 'no request stays under way: each was answered before it was sent' });
  if (!underWay) service.child.kill('SIGTERM');
  if (underWay?.answer.status === 0) findings.push({ message: `${raw.label} got no answer` });
  const code = await exit(ms);
  if (code === undefined) findings.push({ message: `the process still runs ${ms / 1000} s after SIGTERM` });
  else if (code !== 0)
    findings.push({ message: `the process ended with ${code < 0 ? 'the signal itself' : `code ${code}`}, not 0` });
  const later = await knock(url);
  if (later && later.answer.status !== 0)
    findings.push({ message: 'a new connection is still served after the drain' });
  return findings;
}

/**
 * Sends the first half, SIGTERM, the rest. Undefined, and no SIGTERM, where an answer came before: a credential that this process does not take
 * is refused without its body, and then nothing is under way.
 */
async function endedAcross(
  { child }: ServiceProcess,
  raw: RawOptions,
  halves: readonly [string, string] | undefined,
): Promise<RawResult | undefined> {
  if (!halves) return undefined;
  let early = false;
  let signalled = false;
  const result = await converse(raw, (socket) => {
    socket.write(halves[0]);
    const signal = setTimeout(() => {
      signalled = child.kill('SIGTERM');
      setTimeout(() => socket.write(halves[1]), HALF_MS.after);
    }, HALF_MS.before);
    for (const event of ['data', 'close'])
      socket.once(event, () => {
        early ||= !signalled;
        clearTimeout(signal);
      });
  });
  return early ? undefined : result;
}

/** A body that will not parse where a route takes one, so that nothing is carried out. */
async function bodyInHalves(target: Target, url: URL): Promise<[string, string] | undefined> {
  const route = await bodyRoute(target);
  if (!route) return undefined;
  const { token } = target.options;
  const who = token === undefined ? '' : `Authorization: Bearer ${token}\r\n`;
  const head = `Host: ${url.host}\r\nConnection: close\r\n${who}Content-Type: application/json\r\nContent-Length: 2`;
  return [`${route.method} ${route.path} HTTP/1.1\r\n${head}\r\n\r\n{`, '!'];
}

/** For everybody, and with no credential that could be refused. */
const headInHalves = ({ host }: URL): [string, string] => [
  `GET /health/live HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n`,
  '\r\n',
];

async function knock(url: URL): Promise<RawResult | undefined> {
  const bytes = `GET /health/live HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`;
  return converse({ url, timeoutMs: 1_000, label: 'a new connection' }, (socket) => void socket.write(bytes)).catch(
    () => undefined,
  );
}

async function refuses(command: ServiceCommand, env: Readonly<Record<string, string>>): Promise<readonly Finding[]> {
  const shown = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const [names = ''] = Object.keys(env);
  return (await tryStart(command, { what: shown.join(' '), env, names })).findings;
}
