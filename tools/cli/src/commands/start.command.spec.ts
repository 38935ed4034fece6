// `npm start` with something that can never do: one message and an exit code, no stack and no wait. And how it ends.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { workspaceRoot } from '../workspace.ts';

describe('gatehouse start', () => {
  let folder: string;
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'gatehouse-start-'))));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const program = join(workspaceRoot, 'tools/cli/bin/gatehouse.mjs');
  const environment = (more: NodeJS.ProcessEnv) => {
    const ports = ['HTTPS', 'HTTP', 'MANAGEMENT', 'IDENTITY', 'IDENTITY_MANAGEMENT'];
    const free = Object.fromEntries(ports.map((name) => [`GATEHOUSE_${name}_PORT`, '0']));
    return { ...process.env, NODE_OPTIONS: '', ...free, GATEHOUSE_STATE: join(folder, 'state'), ...more };
  };
  const start = (more: NodeJS.ProcessEnv) =>
    spawnSync(process.execPath, [program, 'start', 'api'], {
      env: environment(more),
      encoding: 'utf8',
      timeout: 60_000,
    });

  it.each<[string, NodeJS.ProcessEnv, RegExp]>([
    [
      'a state folder below a device',
      { GATEHOUSE_STATE: '/dev/null/state' },
      /the state folder \/dev\/null\/state cannot/,
    ],
    ['one below /proc', { GATEHOUSE_STATE: '/proc/x' }, /the state folder \/proc\/x cannot be made/],
    [
      'certificate files that are not there',
      { GATEHOUSE_TLS_CERT_FILE: '/none', GATEHOUSE_TLS_KEY_FILE: '/none' },
      /GATEHOUSE_TLS_CERT_FILE=\/none cannot be read/,
    ],
  ])(
    'ends with 78 and one message for %s',
    (_what, env, message) => {
      const { status, stderr } = start(env);
      expect(stderr).toMatch(message);
      expect(stderr).toMatch(/\napi did not start: /);
      expect(stderr).not.toMatch(/\n\s+at /);
      expect(status).toBe(78);
    },
    70_000,
  );

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'stops what it started when only its own process is sent %s',
    async (signal) => {
      const child = spawn(process.execPath, [program, 'start', 'api'], { env: environment({}), timeout: 60_000 });
      const ended = once(child, 'exit');
      let said = '';
      for await (const chunk of child.stdout) {
        said += String(chunk);
        if (said.includes('Stop with Ctrl-C')) break;
      }
      child.kill(signal);
      expect(await ended).toEqual([0, null]);
    },
    70_000,
  );
});
