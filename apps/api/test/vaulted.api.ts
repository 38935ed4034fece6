// The reference API with its secrets from a real OpenBao and its database users from that one's leases.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { TestPostgres } from '@gatehouse/database/testing';
import type { ServiceDescriptor } from '@gatehouse/service';
import { builtInKeys, startForTest, type TestService } from '@gatehouse/service/testing';
import { approleEnvironment, OpenBao, POLICY, prepareApi, prepareDatabase, writeKv } from '@gatehouse/secrets/testing';
import service from '../service.config.ts';
import { AppModule } from '../src/app.module.ts';

/** A process of the API that came to its end. */
export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

/** Vault, database, and what starts the API on them. */
export class VaultedApi {
  private constructor(
    readonly bao: OpenBao,
    readonly postgres: TestPostgres | undefined,
  ) {}

  /** @param withDatabase whether the database is by leases; else the embedded one */
  static async prepare(program: string, withDatabase: boolean): Promise<VaultedApi> {
    const [bao, postgres] = await Promise.all([
      OpenBao.start(program),
      withDatabase ? TestPostgres.start() : undefined,
    ]);
    await prepareApi(bao);
    if (postgres) await prepareDatabase(bao, postgres);
    const keys = { holderKeys: newRing(), ...builtInKeys(service) };
    for (const [name, value] of Object.entries(keys)) await writeKv(bao, name, { value });
    return new VaultedApi(bao, postgres);
  }

  async environment(): Promise<NodeJS.ProcessEnv> {
    const { postgres } = this;
    const database = postgres && {
      GATEHOUSE_DATABASE_URL: `postgresql://localhost:${postgres.port}/ledger`,
      GATEHOUSE_DATABASE_CA_FILE: postgres.caFile,
    };
    return { PATH: process.env.PATH, ...(await approleEnvironment(this.bao)), ...database };
  }

  async start(descriptor: ServiceDescriptor = service): Promise<TestService> {
    const secretStore = { pollSeconds: 1 };
    return startForTest(AppModule, descriptor, { env: await this.environment(), secretStore });
  }

  /** As `npm start` would, until it ends. */
  async run(env: NodeJS.ProcessEnv): Promise<Ended> {
    const { child, output } = spawnApi(env);
    const [code] = (await once(child, 'exit', { signal: AbortSignal.timeout(60_000) })) as [number | null];
    return { code, output: output() };
  }

  forbid = () => this.bao.must('PUT', 'sys/policies/acl/api', { policy: 'path "x" { capabilities = ["read"] }' });
  allow = () => this.bao.must('PUT', 'sys/policies/acl/api', { policy: POLICY });

  /** The users that leases made and that are still there. */
  async users(): Promise<number> {
    const found = await this.postgres?.query(`select 1 from pg_roles where rolname like 'v-%'`);
    return found?.rowCount ?? 0;
  }

  async stop(): Promise<void> {
    await this.bao.stop();
    await this.postgres?.stop();
  }
}

/** Keys for holders, the given ones behind a new one. */
export const newRing = (...former: string[]) => JSON.stringify([randomBytes(32).toString('base64'), ...former]);

/** The API as a process of its own; whoever starts it ends it. */
export function spawnApi(
  env: NodeJS.ProcessEnv,
  file = 'impatient.program.ts',
): { child: ChildProcess; output: () => string } {
  const program = fileURLToPath(new URL(`./fixtures/${file}`, import.meta.url));
  const hook = fileURLToPath(new URL('../../../tools/cli/swc-hook.mjs', import.meta.url));
  const argv = ['--conditions=@gatehouse/source', '--import', hook, program];
  const ports = { GATEHOUSE_HTTPS_PORT: '0', GATEHOUSE_HTTP_PORT: '0', GATEHOUSE_MANAGEMENT_PORT: '0' };
  const child = spawn(process.execPath, argv, { cwd: service.root, env: { ...ports, ...env } });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += String(chunk)));
  return { child, output: () => text };
}
