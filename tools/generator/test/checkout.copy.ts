// A copy of the workspace in a temporary folder, in which commands run for real.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { checkout, commit } from './scratch.workspace.ts';

/** The checkout as git sees it; packages by links, the workspace's own by links into the copy. */
export function copyOfCheckout(): { root: string; run: typeof run; serve: typeof serve; remove: () => void } {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-matrix-')));
  const listed = execFileSync('git', ['ls-files', '-coz', '--exclude-standard'], { cwd: checkout, encoding: 'utf8' });
  for (const path of listed.split('\0').filter((file) => file !== '' && existsSync(join(checkout, file)))) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    cpSync(join(checkout, path), join(root, path));
  }
  mkdirSync(join(root, 'node_modules/@gatehouse'), { recursive: true });
  for (const name of readdirSync(join(checkout, 'node_modules'))) {
    if (name === '@gatehouse' || name === '.cache') continue;
    symlinkSync(join(checkout, 'node_modules', name), join(root, 'node_modules', name));
  }
  for (const parent of ['apps', 'libs', 'tools']) {
    for (const folder of readdirSync(join(root, parent))) linkProject(root, parent, folder);
  }
  execFileSync('git', ['init', '-q'], { cwd: root });
  commit(root);
  return { root, run, serve, remove: () => rmSync(root, { recursive: true, force: true }) };

  /** Runs a program in the copy; throws with what it said when it fails. */
  function run(program: string, ...args: string[]): string {
    const { status: code, stdout, stderr } = spawnSync(program, args, { cwd: root, encoding: 'utf8', env: env() });
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** Starts a service as `npm start <name>` does; `stop` sends SIGTERM and gives the exit code. */
  async function serve(name: string) {
    const [https, http, management] = await freePorts();
    const settings = {
      GATEHOUSE_HTTPS_PORT: String(https),
      GATEHOUSE_HTTP_PORT: String(http),
      GATEHOUSE_MANAGEMENT_PORT: String(management),
    };
    const child = spawn(process.execPath, ['tools/cli/bin/gatehouse.mjs', 'start', name], {
      cwd: root,
      env: { ...env(), ...settings },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void (said += chunk));
    const exit = once(child, 'exit').then(([code]) => code as number | null);
    const deadline = Date.now() + 60_000;
    while (!said.includes('Stop with Ctrl-C')) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${name} is not ready: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const stop = () => (child.kill('SIGTERM'), exit);
    return {
      https: `https://localhost:${https}`,
      http: `http://localhost:${http}`,
      management: `https://localhost:${management}`,
      stop,
    };
  }

  function env(): NodeJS.ProcessEnv {
    const path = `${join(root, 'node_modules/.bin')}:${process.env.PATH}`;
    return { ...process.env, PATH: path, NX_DAEMON: 'false', NX_TUI: 'false', NODE_OPTIONS: '', FORCE_COLOR: '0' };
  }
}

function linkProject(root: string, parent: string, folder: string): void {
  symlinkSync(join('../..', parent, basename(folder)), join(root, 'node_modules/@gatehouse', folder));
  // a version that differs from the workspace's own is installed in the project's folder
  const own = join(checkout, parent, folder, 'node_modules');
  if (existsSync(own)) symlinkSync(own, join(root, parent, folder, 'node_modules'));
}

async function freePorts(): Promise<number[]> {
  const servers = await Promise.all(
    [0, 1, 2].map(async () => {
      const server = createServer();
      await once(server.listen(0, '127.0.0.1'), 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
