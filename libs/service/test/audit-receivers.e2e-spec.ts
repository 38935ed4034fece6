// A receiver of audit events that hangs or sends elsewhere: no call waits for it, nothing goes elsewhere, the end of the service does not
// wait long, and what did not arrive does at the next start.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AuditEvent } from '@gatehouse/audit';
import { testAuthority } from '@gatehouse/tls/testing';
import { startForTest, writeBuiltInKeys } from '../src/testing/index.ts';
import { sample, SampleModule } from './fixtures/sample.app.ts';
import { until } from './fixtures/until.ts';

type Mode = 'hang' | 'drip' | 'redirect' | 'take';

/** All that a service may take to end, in milliseconds: five seconds of patience with the receiver, and its own. */
const END_MS = 12_000;

describe('a receiver of audit events', () => {
  let folder: string;
  let servers: Server[];
  let mode: Mode;
  let asked: number;
  let [taken, strayed]: [AuditEvent[], string[]] = [[], []];
  let url: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-audit-receivers-'));
    [taken, strayed, asked] = [[], [], 0];
    const authority = await testAuthority();
    await writeFile(`${folder}.pem`, authority.cert);
    await writeBuiltInKeys(sample, folder);
    await writeFile(join(folder, 'gatehouseAuditShippingKey'), randomBytes(32), { mode: 0o600 });
    const certificate = await authority.issue({ names: ['localhost'] });
    const elsewhere = createServer(certificate, (request, response) => {
      strayed.push(request.url ?? '');
      response.end();
    });
    const receiver = createServer(certificate, (request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk)));
      request.on('end', () => {
        asked += 1;
        if (mode === 'hang') return;
        if (mode === 'redirect') return void response.writeHead(307, { location: `${origin(elsewhere)}/stolen` }).end();
        if (mode === 'drip') {
          response.writeHead(200);
          const drip = setInterval(() => response.write('x'), 200);
          return void response.on('close', () => clearInterval(drip));
        }
        taken.push(...(JSON.parse(body) as { data: { events: AuditEvent[] } }).data.events);
        response.writeHead(204).end();
      });
    });
    servers = [receiver, elsewhere];
    for (const server of servers) await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    url = `${origin(receiver)}/events`;
  });
  afterEach(async () => {
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    for (const path of [folder, `${folder}.pem`, `${folder}-state`]) await rm(path, { recursive: true, force: true });
  });

  const origin = (server: Server) => `https://localhost:${(server.address() as AddressInfo).port}`;
  const start = () =>
    startForTest(SampleModule, sample, {
      stateFolder: `${folder}-state`,
      env: {
        GATEHOUSE_SECRETS_FOLDER: folder,
        GATEHOUSE_AUDIT_WEBHOOK_URL: url,
        GATEHOUSE_AUDIT_RECEIVERS_CA_FILE: `${folder}.pem`,
      },
    });

  it.each<[Mode]>([['hang'], ['drip'], ['redirect']])(
    'that does %s holds nothing up, and gets at the next start what it has not taken',
    async (what) => {
      mode = what;
      const service = await start();
      await until(() => asked > 0);
      const ids: string[] = [];
      const begun = performance.now();
      for (let call = 0; call < 30; call++) {
        const { status, headers } = await service.call('POST', '/v1/notes', { body: { text: 'x' } });
        expect(status).toBe(201);
        ids.push(String(headers['x-request-id']));
      }
      expect(performance.now() - begun).toBeLessThan(5_000);
      const ending = performance.now();
      await service.close();
      expect(performance.now() - ending).toBeLessThan(END_MS);
      expect(strayed).toEqual([]);
      expect(taken).toEqual([]);
      mode = 'take';
      const again = await start();
      const missing = () => ids.filter((id) => !taken.some(({ metadata }) => metadata.uid === id));
      await until(() => missing().length === 0, 30_000);
      await again.close();
      expect(strayed).toEqual([]);
    },
    90_000,
  );
});
