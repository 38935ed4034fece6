// A copy of the workspace in a temporary folder, in which commands run for real.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { checkout, commit } from './scratch.workspace.ts';

/** A service that runs in the copy. */
export interface Served {
  readonly https: string;
  readonly http: string;
  readonly management: string;
  /** The CA to trust, as it says itself: mkcert's where that is installed. */
  readonly ca: string;
  /** Sends SIGTERM, and gives the exit code. */
  stop(): Promise<number | null>;
}

/** The checkout as git sees it; packages by links, the workspace's own by links into the copy. */
export class CheckoutCopy {
  /** Where the identity provider of the service that was started last listens. */
  private identity: NodeJS.ProcessEnv = {};
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'gatehouse-matrix-')));

  constructor() {
    copyFiles(this.root);
    linkPackages(this.root);
    execFileSync('git', ['init', '-q'], { cwd: this.root });
    commit(this.root);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** Runs a program and gives what it said; throws when it fails. */
  run(program: string, ...args: string[]): string {
    const options = { cwd: this.root, encoding: 'utf8', env: this.env() } as const;
    const { status: code, stdout, stderr } = spawnSync(program, args, options);
    if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** {@link run}, with the processor time that it took in seconds, its children's included: what a busy machine does not change much. */
  measure(program: string, ...args: string[]): { said: string; cpuSeconds: number } {
    const said = this.run('sh', '-c', '"$@"; code=$?; times; exit $code', 'sh', program, ...args);
    const times = [...(said.trim().split('\n').at(-1) ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
    return {
      said,
      cpuSeconds: times.reduce((sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds), 0),
    };
  }

  /** Starts a service as `npm start <name>` does, on free ports. @param more of its environment */
  async serve(name: string, more: NodeJS.ProcessEnv = {}): Promise<Served> {
    const [https, http, management, identity, itsManagement] = await freePorts(5);
    this.identity = {
      GATEHOUSE_IDENTITY_PORT: String(identity),
      GATEHOUSE_IDENTITY_MANAGEMENT_PORT: String(itsManagement),
    };
    const env = {
      ...this.env(),
      ...more,
      GATEHOUSE_HTTPS_PORT: String(https),
      GATEHOUSE_HTTP_PORT: String(http),
      GATEHOUSE_MANAGEMENT_PORT: String(management),
    };
    const argv = ['tools/cli/bin/gatehouse.mjs', 'start', name];
    const child = spawn(process.execPath, argv, { cwd: this.root, env });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => void (said += chunk));
    const exit = once(child, 'exit').then(([code]) => code as number | null);
    const deadline = Date.now() + 60_000;
    while (!said.includes('Stop with Ctrl-C')) {
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${name} is not ready: ${said}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    const stop = () => {
      child.kill('SIGTERM');
      return exit;
    };
    const at = (port = 0) => `localhost:${port}`;
    const ca = /--cacert (\S+)/.exec(said)?.[1] ?? '';
    const urls = { https: `https://${at(https)}`, http: `http://${at(http)}`, management: `https://${at(management)}` };
    return { ...urls, ca, stop };
  }

  private env(): NodeJS.ProcessEnv {
    const path = `${join(this.root, 'node_modules/.bin')}:${process.env.PATH}`;
    const quiet = { NX_DAEMON: 'false', NX_TUI: 'false', NODE_OPTIONS: '', FORCE_COLOR: '0' };
    return { ...process.env, ...this.identity, PATH: path, ...quiet };
  }
}

function copyFiles(root: string): void {
  const listed = execFileSync('git', ['ls-files', '-coz', '--exclude-standard'], { cwd: checkout, encoding: 'utf8' });
  for (const path of listed.split('\0').filter((file) => file !== '' && existsSync(join(checkout, file)))) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    cpSync(join(checkout, path), join(root, path));
  }
}

function linkPackages(root: string): void {
  mkdirSync(join(root, 'node_modules/@gatehouse'), { recursive: true });
  for (const name of readdirSync(join(checkout, 'node_modules'))) {
    if (name === '@gatehouse' || name === '.cache') continue;
    symlinkSync(join(checkout, 'node_modules', name), join(root, 'node_modules', name));
  }
  for (const parent of ['apps', 'libs', 'tools']) {
    for (const folder of readdirSync(join(root, parent))) {
      symlinkSync(join('../..', parent, folder), join(root, 'node_modules/@gatehouse', folder));
      // a version that differs from the workspace's own is installed in the project's folder
      const own = join(checkout, parent, folder, 'node_modules');
      if (existsSync(own)) symlinkSync(own, join(root, parent, folder, 'node_modules'));
    }
  }
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((server) => once(server.listen(0, '127.0.0.1'), 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
