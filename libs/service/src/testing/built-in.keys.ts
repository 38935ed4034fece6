// First values of the secrets that the libs in a service need for themselves, for a test that gives it a store of its own.
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceDescriptor } from '../config/service.options.ts';

/** By name, as a store holds them. */
export function builtInKeys({ secrets }: ServiceDescriptor): Record<string, string> {
  const built = Object.entries(secrets).filter(([name]) => name.startsWith('gatehouse'));
  return Object.fromEntries(built.map(([name, { generator }]) => [name, firstValue(generator)]));
}

/** Puts them into a folder of mounted secrets. */
export async function writeBuiltInKeys(service: ServiceDescriptor, folder: string): Promise<void> {
  for (const [name, value] of Object.entries(builtInKeys(service)))
    await writeFile(join(folder, name), value, { mode: 0o600 });
}

function firstValue(generator: ServiceDescriptor['secrets'][string]['generator']): string {
  if (!generator || !('size' in generator)) throw new Error('nobody can invent this one');
  const value = randomBytes(generator.size).toString('base64');
  return generator.kind === 'keyring' ? JSON.stringify([value]) : value;
}
