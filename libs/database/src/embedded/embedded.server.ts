// A real PostgreSQL for a laptop, on a Unix socket that only its user enters: no port, no password on a wire. One service owns it,
// by an advisory lock on a connection that the kernel closes with the process. So after kill -9 the next start takes the running
// server over, and a second live service is refused.
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { DatabaseError } from '../database.error.ts';
import type { StartLog } from '../first-contact.ts';
import type { ConnectionTarget } from '../pool.ts';
import { findBinaries } from './binaries.ts';
import { ensureCluster, reasonToEnd, spawnServer, SUPERUSER } from './cluster.ts';
import { type Identity, serverIdentity } from './identity.ts';
import { diskFull, isDiskFull, makePlaces, type Places } from './places.ts';
import { commandOf, findPostmaster, type Postmaster } from './postmaster.ts';

/** Role and database of the service. Not the superuser: what works here works on a server where nobody is one. */
const NAME = 'gatehouse';
/** "gate", as a number: the key of the owner's lock, in the database `postgres` that nobody else uses. */
const OWNER_LOCK = 0x67617465;
const START_TIMEOUT_MS = 20_000;
/** How long a lock that is held is asked for again: its owner may be about to end. */
const OWNER_TIMEOUT_MS = 1_500;
const STOP_TIMEOUT_MS = 10_000;
const POLL_MS = 15;

/** See the head of the file. */
export class EmbeddedServer {
  private readonly stopping = new AbortController();
  private pid = 0;
  private reviving?: Promise<void>;
  private owner?: pg.Client;
  private readonly endWithProcess = () => this.signal('SIGINT');

  private constructor(
    private readonly bin: string,
    private readonly places: Places,
    private readonly identity: Identity | undefined,
    private readonly service: string,
    private readonly log: StartLog | undefined,
  ) {}

  /** @throws DatabaseError with the remedy */
  static async start(stateFolder: string, service: string, log?: StartLog, template?: string): Promise<EmbeddedServer> {
    const identity = serverIdentity(`${stateFolder}/${service}/postgres`);
    const bin = await findBinaries(identity);
    const places = await makePlaces(stateFolder, service, identity);
    const server = new EmbeddedServer(bin, places, identity, service, log);
    await ensureCluster(bin, places, identity, template);
    process.on('exit', server.endWithProcess);
    await server.acquire().catch((error: unknown) => {
      process.off('exit', server.endWithProcess);
      throw isDiskFull(error) ? diskFull(places.folder, error) : error;
    });
    return server;
  }

  /** The folder with data, log and socket. */
  get folder(): string {
    return this.places.folder;
  }

  /** How the pool connects. */
  get target(): ConnectionTarget {
    return { host: this.places.socketFolder, user: NAME, database: NAME, ssl: false };
  }

  /** Fast shutdown: open transactions are rolled back, everything committed is on disk. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.reviving; // a server that is being started again is stopped too
    process.off('exit', this.endWithProcess);
    await this.owner?.end().catch(() => undefined);
    this.signal('SIGINT');
    if (await this.gone(STOP_TIMEOUT_MS)) return;
    this.log?.warn({ pid: this.pid }, 'the embedded database did not stop in time: ending it at once');
    this.signal('SIGQUIT');
    await this.gone(STOP_TIMEOUT_MS);
  }

  /** Finds the server or starts it, and becomes its owner. */
  private async acquire(): Promise<void> {
    const { pid } = await this.running();
    this.owner = await this.own();
    this.pid = pid;
    this.owner.once('end', () => void (this.reviving = this.revive()));
  }

  private async running(): Promise<Postmaster> {
    const deadline = performance.now() + START_TIMEOUT_MS;
    let child: Awaited<ReturnType<typeof spawnServer>> | undefined;
    let offset = 0;
    while (performance.now() < deadline) {
      const found = await findPostmaster(this.places.data);
      if (found?.ready) return found;
      if (!found && !child) {
        offset = await stat(this.places.logFile).then(
          ({ size }) => size,
          () => 0,
        );
        child = await spawnServer(this.bin, this.places, this.identity);
        child.once('error', () => undefined);
        this.pid = child.pid ?? 0; // ours to end, from its first moment
      } else if (child && (child.exitCode !== null || child.pid === undefined)) {
        const reason = await reasonToEnd(this.places, offset);
        if (reason instanceof DatabaseError) throw reason;
        this.pid = 0;
        child = undefined; // the lock file of one that is ending, or memory that its children still hold
        await delay(100);
      }
      await delay(POLL_MS);
    }
    throw new DatabaseError(
      `the embedded database was not ready within ${START_TIMEOUT_MS} ms`,
      `See ${this.places.logFile}.`,
    );
  }

  private async own(): Promise<pg.Client> {
    const host = this.places.socketFolder;
    const client = new pg.Client({
      host,
      user: SUPERUSER,
      database: 'postgres',
      application_name: this.label(),
      connectionTimeoutMillis: 5_000,
    });
    client.on('error', () => undefined);
    await client.connect();
    try {
      await this.lock(client);
      await ensureRole(client);
      return client;
    } catch (error) {
      await client.end();
      throw error;
    }
  }

  private async lock(client: pg.Client): Promise<void> {
    const deadline = performance.now() + OWNER_TIMEOUT_MS;
    do {
      const { rows } = await client.query<{ got: boolean }>('select pg_try_advisory_lock($1) as got', [OWNER_LOCK]);
      if (rows[0]?.got) return;
      await delay(50);
    } while (performance.now() < deadline);
    const holder = `select application_name as name from pg_stat_activity join pg_locks using (pid) where locktype = 'advisory' and objid = $1`;
    const { rows } = await client.query<{ name: string }>(holder, [OWNER_LOCK]);
    throw new DatabaseError(
      `the embedded database in ${this.folder} is in use by ${rows[0]?.name ?? 'another process'}`,
      'End that process, or set GATEHOUSE_STATE to another folder. Replicas share a server by GATEHOUSE_DATABASE_URL.',
    );
  }

  /** The server ended while the service runs: until it is back, requests are answered 503. */
  private async revive(): Promise<void> {
    for (let pause = 100; !this.stopping.signal.aborted; pause = Math.min(pause * 2, 5_000)) {
      this.log?.error({ folder: this.folder }, 'the embedded database is gone: starting it again');
      try {
        await this.acquire();
        this.log?.info({ pid: this.pid }, 'the embedded database is back');
        return;
      } catch (error) {
        this.log?.error({ err: error }, 'the embedded database does not start');
        await delay(pause, undefined, { ref: false, signal: this.stopping.signal }).catch(() => undefined);
      }
    }
  }

  private label(): string {
    return `service ${this.service} (process ${process.pid})`;
  }

  private signal(name: NodeJS.Signals): void {
    try {
      if (this.pid > 1) process.kill(this.pid, name);
    } catch {
      // it is gone already
    }
  }

  private async gone(timeoutMs: number): Promise<boolean> {
    const deadline = performance.now() + timeoutMs;
    while ((await commandOf(this.pid)) !== '') {
      if (performance.now() > deadline) return false;
      await delay(POLL_MS);
    }
    return true;
  }
}

async function ensureRole(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ role: boolean; base: boolean }>(
    'select exists (select from pg_roles where rolname = $1) as role, exists (select from pg_database where datname = $1) as base',
    [NAME],
  );
  if (!rows[0]?.role) await client.query(`create role ${NAME} login`);
  if (!rows[0]?.base) await client.query(`create database ${NAME} owner ${NAME}`);
}
