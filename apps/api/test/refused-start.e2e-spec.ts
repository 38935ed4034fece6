// The descriptor alone is read before a start is accepted: what it imports must not bring the application, Nest or a driver with it.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const HEAVY = /node_modules\/(@nestjs|rxjs|fastify|kysely|pg|iovalkey|jose|undici|pino)\/|app\.module/;

const WATCH = `import { registerHooks } from 'node:module';
  const seen = [];
  registerHooks({ load: (url, context, next) => (seen.push(url), next(url, context)) });
  process.on('exit', () => process.stdout.write('loaded ' + seen.join(' ')));`;

it('is refused before anything of the application is loaded', async () => {
  const watch = `data:text/javascript,${encodeURIComponent(WATCH)}`;
  const hook = '../../tools/cli/swc-hook.mjs';
  const argv = ['--conditions=@gatehouse/source', '--import', hook, '--import', watch, 'src/main.ts'];
  const env = { PATH: process.env.PATH, HOLDER_KEYS: 'canary' };
  const { code, stdout, stderr } = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) =>
    execFile(process.execPath, argv, { cwd: ROOT, env, timeout: 20_000 }, (error, stdout, stderr) =>
      resolve({ code: error?.code, stdout, stderr }),
    ),
  );
  expect({ code, stderr }).toEqual({ code: 78, stderr: expect.stringContaining('HOLDER_KEYS') });
  const loaded = stdout.split('loaded ')[1]?.split(' ') ?? [];
  expect(loaded).toContainEqual(expect.stringContaining('ledger.migrations'));
  expect(loaded.filter((url) => HEAVY.test(url))).toEqual([]);
});
