// A service whose certificate an ACME CA signs (pebble, with real requests): proved through its own plain-HTTP gate, served, kept over a
// restart without the CA, and replaced while it serves.
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { describePebble, freePort, startPebble, type Pebble } from '@gatehouse/tls/testing';
import { defineService, startService, type RunningService } from '../src/index.ts';
import { SampleModule } from './fixtures/sample.app.ts';
import { until } from './fixtures/until.ts';

describePebble('a service with the source acme', () => {
  let folder: string;
  let pebble: Pebble;
  let gatePort: number;
  let service: RunningService | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-service-acme-'));
    gatePort = await freePort();
    pebble = await startPebble(gatePort);
  }, 60_000);
  afterEach(async () => {
    await service?.close();
    service = undefined;
  });
  afterAll(async () => {
    await pebble?.remove();
    await rm(folder, { recursive: true, force: true });
  });

  const start = async (names = 'api.test') => {
    service = await startService(
      SampleModule,
      defineService({
        root: folder,
        name: 'sample',
        ports: { https: 0, http: gatePort, management: 0 },
        audit: { enabled: false },
        tls: { startTimeoutMs: 0, reload: { pollMs: 100 } },
      }),
      {
        stateFolder: join(folder, 'state'),
        logLevel: 'silent',
        env: {
          GATEHOUSE_TLS_NAMES: names,
          GATEHOUSE_TLS_ACME_DIRECTORY_URL: pebble.directoryUrl,
          GATEHOUSE_TLS_ACME_CA_FILE: pebble.caFile,
          GATEHOUSE_TLS_ACME_TERMS_AGREED: 'true',
        },
      },
    );
    return service;
  };
  let ca = '';
  /** The status of the ready probe and the serial number seen, with chain and name checked; undefined while there is none. */
  const ready = async (servername = 'api.test') => {
    const { port } = new URL((service as RunningService).urls.https);
    const headers = { host: servername };
    const options = { host: '127.0.0.1', port, path: '/health/ready', servername, ca, headers, agent: false };
    try {
      const sent = request(options).end();
      const [response] = await once(sent, 'response');
      const serial = (response.socket as TLSSocket).getPeerCertificate().serialNumber;
      response.resume();
      return response.statusCode === 200 ? serial : undefined;
    } catch {
      return undefined;
    }
  };

  it('orders through its gate, is ready then, and begins again from what it stored while the CA is gone', async () => {
    ca = await pebble.root();
    await start();
    await until(async () => (await ready()) !== undefined);
    const first = await ready();
    expect(pebble.issued()).toBe(1);
    await service?.close();
    await pebble.stop();
    await start();
    expect(await ready()).toBe(first);
  });

  it('does not start for other names while the CA is gone, and does once it is back', async () => {
    await expect(start('api.test,www.api.test')).rejects.toThrow(/cannot be reached \(ECONNREFUSED\)/);
    await pebble.start();
    ca = await pebble.root();
    await start('api.test,www.api.test');
    await until(async () => (await ready('www.api.test')) !== undefined);
    expect(await ready()).toBe(await ready('www.api.test'));
  });
});
