// Starts a service as `npm start` does, on free ports and with a state folder of its own, and leaves nothing behind.
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import type { ServiceDescriptor } from '../config/service.options.ts';
import type { ServiceOverrides } from '../config/settings.ts';
import { type RunningService, startService } from '../start-service.ts';
import { caller, rawCaller } from './https.caller.ts';

/** A running service with clients for it. `close` also removes its state, unless the test gave the folder. */
export interface TestService extends RunningService {
  readonly stateFolder: string;
  /** The CA in PEM, for a client of the test's own. */
  readonly ca?: string;
  readonly call: ReturnType<typeof caller>;
  readonly raw: ReturnType<typeof rawCaller>;
}

/**
 * @example const service = await startForTest(AppModule, descriptor);
 * expect((await service.call('GET', '/v1/orders')).status).toBe(200);
 */
export async function startForTest(
  app: Type,
  descriptor: ServiceDescriptor,
  overrides: ServiceOverrides = {},
): Promise<TestService> {
  const own = overrides.stateFolder === undefined;
  const stateFolder = overrides.stateFolder ?? (await mkdtemp(join(tmpdir(), `gatehouse-${descriptor.name}-`)));
  // beside the state and not in the home of whoever runs the test; a test that gave the folder may start on it again
  const GATEHOUSE_SECRETS_KEY_FILE = `${stateFolder}.key`;
  const remove = async () => {
    if (!own) return;
    await rm(stateFolder, { recursive: true, force: true });
    await rm(GATEHOUSE_SECRETS_KEY_FILE, { force: true });
  };
  const running = await startService(app, descriptor, {
    ports: { https: 0, http: 0, management: 0 },
    logLevel: 'silent',
    ...overrides,
    stateFolder,
    env: { GATEHOUSE_SECRETS_KEY_FILE, ...(overrides.env ?? process.env) },
  }).catch(async (error: unknown) => {
    await remove();
    throw error;
  });
  const ca = running.caFile === undefined ? undefined : readFileSync(running.caFile, 'utf8');
  const close = () => running.close().finally(remove);
  const { https } = running.urls;
  return { ...running, stateFolder, ca, close, call: caller(https, ca), raw: rawCaller(https, ca) };
}
