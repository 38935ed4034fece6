// The client's own certificate: who sees it, and its rotation.
import type { TLSSocket } from 'node:tls';
import { ConnectionFailedError, HttpClientConfigError } from '../src/http-client.error.ts';
import { testAuthority } from './fixtures/authority.ts';
import { client, common, failure, host } from './fixtures/host.ts';

const open: { close(): Promise<void> }[] = [];
const track = <T extends { close(): Promise<void> }>(what: T): T => (open.push(what), what);
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

/** Answers with the subject of the caller. */
async function strict(requestCert = true) {
  const clients = await testAuthority('CN=Clients');
  const target = track(
    await host(
      (request, response) =>
        response.end(String((request.socket as TLSSocket).getPeerCertificate().subject?.CN ?? 'nobody')),
      { requestCert, rejectUnauthorized: requestCert, ca: clients.cert },
    ),
  );
  const issue = (subject: string, notAfter?: number) =>
    clients.issue({ names: [], subject, purpose: 'client', notAfter });
  return { target, issue };
}

describe('mutual TLS', () => {
  it('shows the certificate to the host that has mutualTls', async () => {
    const { target, issue } = await strict();
    const calls = track(
      await client({
        allow: [{ host: target.key, mutualTls: true }],
        clientCertificate: await pair(issue('CN=orders')),
      }),
    );
    expect((await calls.get(target.url)).text()).toBe('orders');
  });

  it('shows it to no other host, even one that asks', async () => {
    const { target, issue } = await strict();
    const { leaf } = await common();
    let seen = 'nothing';
    const curious = track(
      await host(
        (request, response) => {
          seen = JSON.stringify((request.socket as TLSSocket).getPeerCertificate());
          response.end();
        },
        { ...leaf, requestCert: true, rejectUnauthorized: false },
      ),
    );
    const calls = track(
      await client({
        allow: [{ host: target.key, mutualTls: true }, curious.key],
        clientCertificate: await pair(issue('CN=orders')),
      }),
    );
    await calls.get(curious.url);
    expect(seen).toBe('{}');
  });

  it('says what is missing when the host wants a certificate', async () => {
    const { target } = await strict();
    const calls = track(await client({ allow: [target.key], retry: { attempts: 0 } }));
    const error = await failure(calls.get(target.url), ConnectionFailedError);
    expect(error.message).toMatch(/client certificate|see whether it runs/);
    expect(target.seen).toEqual([]);
  });

  it('asks a function at each new connection, so that a rotated certificate is used', async () => {
    const { target, issue } = await strict();
    let current = await pair(issue('CN=first'));
    let asked = 0;
    const clientCertificate = async () => {
      asked += 1;
      return current;
    };
    const calls = track(await client({ allow: [{ host: target.key, mutualTls: true }], clientCertificate }));
    expect((await calls.get(target.url)).text()).toBe('first');
    current = await pair(issue('CN=second'));
    calls.renewConnections();
    expect((await calls.get(target.url)).text()).toBe('second');
    expect(asked).toBe(2);
  });

  it('replaces connections after their lifetime by itself', async () => {
    const { target, issue } = await strict();
    let current = await pair(issue('CN=first'));
    const calls = track(
      await client({
        allow: [{ host: target.key, mutualTls: true }],
        clientCertificate: () => current,
        limits: { connectionLifetimeMs: 100 },
      }),
    );
    expect((await calls.get(target.url)).text()).toBe('first');
    current = await pair(issue('CN=second'));
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect((await calls.get(target.url)).text()).toBe('second');
  });

  it('refuses a pair that does not fit, and one that has expired, before connecting', async () => {
    const { target, issue } = await strict();
    const [one, other] = [await issue('CN=one'), await issue('CN=other')];
    const allow = [{ host: target.key, mutualTls: true }];
    await expect(client({ allow, clientCertificate: { cert: one.cert, key: other.key } })).rejects.toThrow(
      /the key is not the key/,
    );
    const old = await issue('CN=old', Date.now() - 60_000);
    const calls = track(await client({ allow, clientCertificate: () => ({ cert: old.cert, key: old.key }) }));
    await failure(calls.get(target.url), HttpClientConfigError);
    expect(target.connections()).toBe(0);
  });
});

async function pair(leaf: Promise<{ cert: string; key: string }>): Promise<{ cert: string; key: string }> {
  const { cert, key } = await leaf;
  return { cert, key };
}
