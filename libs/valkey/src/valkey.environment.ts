// The settings of Valkey by environment: they win over the options, and an error names the variable.
import { z } from 'zod';
import { ValkeyError } from './valkey.error.ts';
import { valkeyOptionsSchema, type ValkeyOptions, type ValkeySettings } from './valkey.options.ts';

const SETTINGS: Record<string, keyof ValkeyOptions> = {
  GATEHOUSE_VALKEY_URL: 'url',
  GATEHOUSE_VALKEY_PASSWORD_FILE: 'passwordFile',
  GATEHOUSE_VALKEY_CA_FILE: 'caFile',
  GATEHOUSE_VALKEY_CERT_FILE: 'certFile',
  GATEHOUSE_VALKEY_KEY_FILE: 'keyFile',
};

/** The settings that this lib reads from the environment. */
export const valkeyEnvironment: readonly string[] = Object.keys(SETTINGS);

/**
 * The options in force: those given, then the environment. Undefined where nothing is set at all.
 *
 * @throws ValkeyError naming the variables
 */
export function resolveValkeyOptions(
  options: ValkeyOptions | undefined,
  env: NodeJS.ProcessEnv,
): ValkeySettings | undefined {
  const used = Object.entries(SETTINGS).filter(([name]) => env[name]);
  if (!options && used.length === 0) return undefined;
  const target = { ...options, ...Object.fromEntries(used.map(([name, key]) => [key, env[name]])) };
  if (target.url === undefined)
    throw new ValkeyError(
      `${used.map(([name]) => name).join(', ')} without GATEHOUSE_VALKEY_URL`,
      'Set GATEHOUSE_VALKEY_URL=valkeys://user@host:6379, or unset the rest.',
    );
  const parsed = valkeyOptionsSchema.safeParse(target);
  if (parsed.success) return parsed.data;
  const names = used.map(([name]) => name).join(', ') || 'the options of Valkey';
  throw new ValkeyError(`${names}: ${z.prettifyError(parsed.error)}`, 'Correct the value.');
}
