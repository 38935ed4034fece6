// A PostgreSQL as a team runs it, for tests: TCP on loopback, TLS only, SCRAM passwords; from the same programs as the embedded one.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { testAuthority } from '@gatehouse/tls/testing';
import pg from 'pg';
import { embeddedServerFolder, findBinaries } from '../embedded/binaries.ts';
import { type Identity, serverIdentity } from '../embedded/identity.ts';

/** A running server; its superuser is `postgres`. See {@link TestPostgres.start}. */
export class TestPostgres {
  readonly password = randomBytes(12).toString('hex');
  private child: ChildProcess | undefined;

  private constructor(
    private readonly programs: string,
    private readonly identity: Identity | undefined,
    private readonly folder: string,
    readonly port: number,
    /** PEM of the authority of its certificate, which is for localhost and not for 127.0.0.1. */
    readonly ca: string,
    private readonly tls: boolean,
  ) {}

  /** Why this machine has no such server; undefined where it has one. */
  static missing(): string | undefined {
    try {
      return void embeddedServerFolder();
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** Makes and starts a server in a temporary folder. As root it runs as `nobody`, as PostgreSQL refuses to run as root. */
  static async start({ tls = true } = {}): Promise<TestPostgres> {
    const folder = await mkdtemp('/tmp/gatehouse-pg-'); // the path of a socket is at most 107 bytes
    const identity = serverIdentity(join(folder, 'data'));
    const authority = await testAuthority();
    const { cert, key } = await authority.issue({ names: ['localhost'] });
    const programs = await findBinaries(identity);
    const server = new TestPostgres(programs, identity, folder, await freePort(), authority.cert, tls);
    const files = { 'ca.pem': authority.cert, 'server.pem': cert, 'server.key': key, password: server.password };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
    if (identity) {
      const paths = [folder, ...Object.keys(files).map((name) => join(folder, name))];
      for (const path of paths) await chown(path, identity.uid, identity.gid);
    }
    await server.create();
    await server.resume();
    return server;
  }

  get caFile(): string {
    return join(this.folder, 'ca.pem');
  }

  /** The settings with which a service reaches it as its superuser. */
  get env() {
    return {
      GATEHOUSE_DATABASE_URL: `postgresql://postgres@localhost:${this.port}/postgres`,
      GATEHOUSE_DATABASE_PASSWORD_FILE: join(this.folder, 'password'),
      GATEHOUSE_DATABASE_CA_FILE: this.caFile,
    };
  }

  /** Asks it something as its superuser. */
  async query(sql: string): Promise<pg.QueryResult> {
    const { port, password, ca } = this;
    const ssl = this.tls && { ca };
    const client = new pg.Client({ host: 'localhost', port, user: 'postgres', password, database: 'postgres', ssl });
    await client.connect();
    return client.query(sql).finally(() => client.end());
  }

  /** Starts it again after {@link end}, on the same port. */
  async resume(): Promise<void> {
    const settings = {
      listen_addresses: '127.0.0.1',
      port: String(this.port),
      unix_socket_directories: '',
      ssl: this.tls ? 'on' : 'off',
      ssl_cert_file: join(this.folder, 'server.pem'),
      ssl_key_file: join(this.folder, 'server.key'),
      shared_buffers: '16MB',
      fsync: 'off',
    };
    const args = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = spawn(join(this.programs, 'postgres'), ['-D', join(this.folder, 'data'), ...args], {
      cwd: this.folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...this.identity,
    });
    this.child = child;
    await new Promise<void>((resolve, reject) => {
      let text = '';
      child.stderr.on('data', (chunk) => {
        text += String(chunk);
        if (text.includes('ready to accept connections')) resolve();
      });
      child.once('exit', () => reject(new Error(text)));
    });
    child.stderr.removeAllListeners('data').resume();
  }

  /** Ends it as `kill` says; SIGINT is PostgreSQL's fast shutdown. */
  async end(signal: NodeJS.Signals = 'SIGINT'): Promise<void> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    await this.end('SIGQUIT');
    await rm(this.folder, { recursive: true, force: true });
  }

  private async create(): Promise<void> {
    const data = join(this.folder, 'data');
    const users = ['-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${join(this.folder, 'password')}`];
    const args = ['-D', data, ...users, '--locale=C', '--encoding=UTF8', '--no-sync'];
    await promisify(execFile)(join(this.programs, 'initdb'), args, { cwd: this.folder, ...this.identity });
    await writeFile(join(data, 'pg_hba.conf'), `${this.tls ? 'hostssl' : 'host'} all all 127.0.0.1/32 scram-sha-256\n`);
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
