// The settings of the limits by environment: they win over the descriptor, and an error names the variable.
import { z } from 'zod';
import { RateLimitError } from './rate-limit.error.ts';
import { rateLimitOptionsSchema, type RateLimitOptions, type RateLimitSettings } from './rate-limit.options.ts';

type Apply = (target: Record<string, unknown>, value: string) => void;

const number =
  (key: string): Apply =>
  (target, value) =>
    void (target[key] = Number(value));
/** As limit/seconds or limit/seconds/burst: 12000/60/2000. */
function limitFrom(value: string): object {
  const [limit, windowSeconds, burst] = value.split('/').map(Number);
  return { limit, windowSeconds, ...(burst === undefined ? {} : { burst }) };
}
const limit =
  (key: string): Apply =>
  (target, value) =>
    void (target[key] = limitFrom(value));
const failures =
  (key: string): Apply =>
  (target, value) =>
    void (target.failedAuthentication = { ...(target.failedAuthentication as object), [key]: limitFrom(value) });

const SETTINGS: Record<string, Apply> = {
  GATEHOUSE_RATE_LIMIT_ADDRESS: limit('address'),
  GATEHOUSE_RATE_LIMIT_PRINCIPAL: limit('principal'),
  GATEHOUSE_RATE_LIMIT_FAILED_BY_ADDRESS: failures('address'),
  GATEHOUSE_RATE_LIMIT_FAILED_BY_ACCOUNT: failures('account'),
  GATEHOUSE_RATE_LIMIT_IPV6_PREFIX_BITS: number('ipv6PrefixBits'),
  GATEHOUSE_RATE_LIMIT_MAX_KEYS: number('maxKeys'),
  GATEHOUSE_RATE_LIMIT_REPLICAS: number('replicas'),
};

/** The settings that this lib reads from the environment. */
export const rateLimitEnvironment: readonly string[] = Object.keys(SETTINGS);

/**
 * The options in force: those given, then the environment.
 *
 * @throws RateLimitError naming the variables, or the setting that production needs
 */
export function resolveRateLimitOptions(
  options: RateLimitOptions,
  { env = {}, production = false, valkey }: { env?: NodeJS.ProcessEnv; production?: boolean; valkey?: object } = {},
): RateLimitSettings {
  const target: Record<string, unknown> = { ...options };
  const used = Object.entries(SETTINGS).filter(([name]) => env[name]);
  for (const [name, apply] of used) apply(target, env[name] as string);
  const parsed = rateLimitOptionsSchema.safeParse(target);
  if (!parsed.success) {
    const names = used.map(([name]) => `${name}=${env[name]}`).join(', ') || 'the options of the limits';
    throw new RateLimitError(`${names}: ${z.prettifyError(parsed.error)}`, 'Correct the value.');
  }
  if (production && parsed.data.replicas > 1 && !valkey) {
    throw new RateLimitError(
      `${parsed.data.replicas} replicas with limits in memory: each would let all of a limit pass`,
      'Set GATEHOUSE_VALKEY_URL=valkeys://user@host:6379 (and GATEHOUSE_VALKEY_PASSWORD_FILE), or GATEHOUSE_RATE_LIMIT_REPLICAS=1.',
    );
  }
  return parsed.data;
}
