import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workspaceRoot } from '../workspace.ts';
import type { Diagnosis } from './diagnosis.ts';

const gatehouse = join(workspaceRoot, 'tools/cli/bin/gatehouse.mjs');

describe('gatehouse doctor', () => {
  let state: string;
  beforeEach(async () => void (state = await mkdtemp(join(tmpdir(), 'gatehouse-doctor-'))));
  afterEach(() => rm(state, { recursive: true, force: true }));

  const environment = (more: NodeJS.ProcessEnv) => ({
    ...process.env,
    NODE_OPTIONS: '',
    GATEHOUSE_STATE: state,
    ...more,
  });
  const doctor = (more: NodeJS.ProcessEnv, ...flags: string[]) =>
    new Promise<{ code: number; out: string }>((resolve) => {
      execFile(process.execPath, [gatehouse, 'doctor', ...flags], { env: environment(more) }, (error, out) =>
        resolve({ code: Number(error?.code ?? 0), out }),
      );
    });
  const diagnosis = async (more: NodeJS.ProcessEnv) => {
    const { code, out } = await doctor(more, '--json');
    return { code, ...(JSON.parse(out) as Diagnosis) };
  };

  it('names the holder of a taken port and the setting that moves it; exits with 1', async () => {
    const server: Server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const { code, out } = await doctor({ ...FREE, GATEHOUSE_HTTPS_PORT: String(port) });
    server.close();
    expect(out).toContain(`port ${port} (https) is taken by process ${process.pid}`);
    expect(out).toContain(`GATEHOUSE_HTTPS_PORT=${port + 10}`);
    expect(code).toBe(1);
  });

  it('finds a private key that others may read', async () => {
    await mkdir(join(state, 'ca'));
    const file = join(state, 'ca/ca-key.pem');
    await writeFile(file, '-----BEGIN PRIVATE KEY-----\n', { mode: 0o644 });
    const { code, findings } = await diagnosis(FREE);
    expect(findings).toContainEqual({
      check: 'state',
      level: 'error',
      message: `others may read the private key ${file}`,
      remedy: expect.stringContaining(`chmod 600 '${file}'`),
    });
    expect(code).toBe(1);
  });

  it('names a setting that is none', async () => {
    const { findings } = await diagnosis({ GATEHOUSE_HTTPS_PROT: '1' });
    expect(findings).toContainEqual({
      check: 'settings',
      service: 'api',
      level: 'error',
      message: expect.stringContaining('did you mean GATEHOUSE_HTTPS_PORT?'),
      remedy: expect.any(String),
    });
  });

  it('gives every finding that is not ok its remedy', async () => {
    const { findings } = await diagnosis({ GATEHOUSE_STATE: '/proc/gatehouse' });
    expect(findings.filter(({ level }) => level !== 'ok').length).toBeGreaterThan(0);
    expect(findings.filter(({ level, remedy }) => level !== 'ok' && !remedy)).toEqual([]);
  });

  it('shows the policy of a running service route by route, over TLS that is verified', async () => {
    const { child, ports } = await startApi();
    try {
      const { code, findings, policies } = await diagnosis(ports);
      expect(findings.filter(({ level }) => level === 'error')).toEqual([]);
      expect(code).toBe(0);
      expect(policies).toMatchObject([
        { service: 'api', routes: expect.arrayContaining([expect.objectContaining({ url: '/v1/transfers' })]) },
      ]);
      const { out } = await doctor(ports);
      expect(out).toMatch(/^ {2}POST +\/v1\/transfers +body: schema/m);
      expect(out).toMatch(/^✓ api policy +revocations reach every replica, through database$/m);
    } finally {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  });

  async function startApi(): Promise<{ child: ChildProcess; ports: NodeJS.ProcessEnv }> {
    const child = spawn(process.execPath, [gatehouse, 'start', 'api'], { env: environment(FREE) });
    let said = '';
    child.stderr.on('data', (chunk) => (said += String(chunk)));
    const [, https, http, management] = await new Promise<RegExpExecArray>((resolve, reject) => {
      child.stdout.on('data', (chunk) => {
        said += String(chunk);
        const found = /https:\S+:(\d+)\n[^]*http:\S+:(\d+) [^]*https:\S+:(\d+)\/docs\n[^]*Stop with/.exec(said);
        if (found) resolve(found);
      });
      child.once('exit', () => reject(new Error(`ended before it was ready: ${said}`)));
    });
    const ports = { GATEHOUSE_HTTPS_PORT: https, GATEHOUSE_HTTP_PORT: http, GATEHOUSE_MANAGEMENT_PORT: management };
    return { child, ports };
  }
});

/** Ports that the system chooses: nothing of this machine is in the way. */
const FREE = { GATEHOUSE_HTTPS_PORT: '0', GATEHOUSE_HTTP_PORT: '0', GATEHOUSE_MANAGEMENT_PORT: '0' };
