import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:https';
import { fileURLToPath } from 'node:url';

const gatehouse = fileURLToPath(new URL('../../bin/gatehouse.mjs', import.meta.url));

describe('gatehouse certs status', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-certs-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const run = (...flags: string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const command = [gatehouse, 'certs', 'status', '--state', folder, ...flags];
      execFile(process.execPath, command, { env: { ...process.env, NODE_OPTIONS: '' } }, (error, out, err) =>
        resolve({ code: Number(error?.code ?? 0), out, err }),
      );
    });

  it('shows what a running service serves, and exits with 0', async () => {
    const { createTls, tlsOptionsSchema } = await import('@gatehouse/tls');
    const context = { service: 'orders', stateFolder: folder, production: false, env: { PATH: '' } };
    const tls = await createTls(tlsOptionsSchema.parse({}), context);
    const server = createServer(tls.serverOptions());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const detach = tls.attach(server);
    await tls.refresh();
    const { code, out } = await run();
    expect(out).toMatch(
      /^orders {2}running\n {2}localhost, 127.0.0.1, ::1\n {4}from embedded, until \d{4}-\d\d-\d\d, 100 %/,
    );
    expect(code).toBe(0);
    detach();
    await tls.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    expect(await run()).toMatchObject({ code: 0, out: expect.stringContaining('orders  not running') });
    expect(JSON.parse((await run('--json')).out)).toMatchObject([{ service: 'orders', running: false }]);
  });

  it('says where it looked when nothing ever served there', async () => {
    expect(await run()).toMatchObject({
      code: 2,
      err: expect.stringMatching(/no service has served from .*\nRemedy: npm start/),
    });
  });

  it('leaves out a status that it cannot read', async () => {
    await mkdir(join(folder, 'api/tls'), { recursive: true });
    await writeFile(join(folder, 'api/tls/status.json'), '{"half":');
    expect(await run()).toMatchObject({ code: 2 });
  });
});
