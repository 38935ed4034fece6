// Pinned keys: what they let through, what they stop, and their change while calls run (test 9 of the TLS tests).
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import {
  CertificateRefusedError,
  HttpClientConfigError,
  HttpClientError,
  PinMismatchError,
} from '../src/http-client.error.ts';
import type { HttpClientEvent } from '../src/http-client.event.ts';
import { backupPin, newKeys, testAuthority } from './fixtures/authority.ts';
import { client, common, failure, host, refusal, type TestHost } from './fixtures/host.ts';

const open: { close(): Promise<void> }[] = [];
const track = <T extends { close(): Promise<void> }>(what: T): T => (open.push(what), what);
afterEach(async () => {
  for (const each of open.splice(0).reverse()) await each.close();
});

const later = () => new Date(Date.now() + 365 * 86_400_000).toISOString();
const pinned = (target: TestHost, spki: string[], more: object = {}) => ({
  allow: [{ host: target.key, pins: { spki, expiresAt: later(), ...more } }],
});

describe('pins', () => {
  it('let a host through by its own key, by a backup key and by the key of its CA', async () => {
    const { ca, leaf } = await common();
    const target = track(await host());
    const spare = await backupPin();
    for (const spki of [
      [leaf.pin, spare],
      [spare, leaf.pin],
      [spare, ca.pin],
    ]) {
      const calls = track(await client(pinned(target, spki)));
      expect((await calls.get(target.url)).ok).toBe(true);
    }
  });

  it('stop a host with another key before it sees anything of the call', async () => {
    const target = track(await host());
    let bytes = 0;
    target.server.on('secureConnection', (socket) => socket.on('data', (chunk: Buffer) => (bytes += chunk.length)));
    const events: HttpClientEvent[] = [];
    const options = pinned(target, [await backupPin(), await backupPin()]);
    const calls = track(await client(options, { onEvent: (event) => events.push(event) }));
    const headers = { authorization: 'Bearer secret' };
    const error = await failure(calls.get(`${target.url}/?q=secret`, { headers }), PinMismatchError);
    await failure(calls.post(target.url, { a: 'secret' }), PinMismatchError);
    await wait(50);
    expect([target.seen, bytes]).toEqual([[], 0]);
    expect(error.message).toContain((await common()).leaf.pin);
    expect(error.message).not.toContain('secret');
    expect(events.map(({ type, level }) => [type, level])).toEqual([
      ['pin-mismatch', 'error'],
      ['pin-mismatch', 'error'],
    ]);
    expect(calls.snapshot().hosts[0]?.pins?.mismatches).toBe(2);
  });

  it('are not tried again: a mismatch is no accident', async () => {
    const target = track(await host());
    const calls = track(await client(pinned(target, [await backupPin(), await backupPin()])));
    await failure(calls.get(target.url), PinMismatchError);
    expect([target.connections(), calls.snapshot().counters.retries]).toEqual([1, 0]);
  });

  it('are no replacement for the CA and the name', async () => {
    const stranger = await testAuthority('CN=Stranger');
    const rogue = await stranger.issue();
    const target = track(await host(undefined, rogue));
    const calls = track(await client(pinned(target, [rogue.pin, await backupPin()])));
    await failure(calls.get(target.url), CertificateRefusedError);
    const { ca } = await common();
    const other = await ca.issue({ names: ['other.example'] });
    const misnamed = track(await host(undefined, other));
    await failure(
      track(await client(pinned(misnamed, [other.pin, ca.pin]))).get(misnamed.url),
      CertificateRefusedError,
    );
  });

  it.each(['CN=Rogue CA', 'CN=Test CA'])(
    'refuse a rogue leaf of a trusted CA (%s) with the genuine pinned CA appended',
    async (subject) => {
      const { ca, leaf } = await common();
      const rogueCa = await testAuthority(subject);
      const rogue = await rogueCa.issue();
      const orders = [
        rogue.cert + ca.cert,
        rogue.cert + leaf.cert + ca.cert,
        rogue.cert + ca.cert + rogueCa.cert,
        rogue.cert + rogueCa.cert + ca.cert,
      ];
      for (const cert of orders) {
        const target = track(await host(undefined, { cert, key: rogue.key }));
        const options = { ...pinned(target, [ca.pin, leaf.pin]), ca: [ca.cert, rogueCa.cert] };
        // of two CAs of one name, OpenSSL may take the wrong one, and then refuses the chain by itself
        const error = await failure(track(await client(options)).get(target.url), HttpClientError);
        expect(error.code).toMatch(
          subject === 'CN=Rogue CA' ? /^pin-mismatch$/ : /^(pin-mismatch|certificate-refused)$/,
        );
        expect(target.seen).toEqual([]);
      }
    },
  );

  it('report and go on, when they are only to report', async () => {
    const target = track(await host());
    const events: HttpClientEvent[] = [];
    const options = pinned(target, [await backupPin(), await backupPin()], { reportOnly: true });
    const calls = track(await client(options, { onEvent: (event) => events.push(event) }));
    expect((await calls.get(target.url)).ok).toBe(true);
    expect(events).toMatchObject([{ type: 'pin-mismatch', level: 'warn' }]);
    expect(calls.snapshot().hosts[0]?.pins).toMatchObject({ mismatches: 1, reportOnly: true });
  });

  it('warn thirty days before they expire, refuse afterwards, and are ignored only by an insecure option', async () => {
    const { leaf } = await common();
    const target = track(await host());
    let now = Date.now();
    const events: HttpClientEvent[] = [];
    const context = { now: () => now, onEvent: (event: HttpClientEvent) => void events.push(event) };
    const spki = [leaf.pin, await backupPin()];
    const calls = track(await client(pinned(target, spki), context));
    const lax = track(await client(pinned(target, spki, { insecureAfterExpiry: true }), { now: () => now }));
    const again = async () => {
      calls.renewConnections();
      return calls.get(target.url);
    };
    expect((await again()).ok).toBe(true);
    expect(events).toEqual([]);
    now += 340 * 86_400_000;
    await again();
    await again();
    expect(events.map(({ type }) => type)).toEqual(['pins-expiring']);
    now += 30 * 86_400_000;
    await failure(again(), PinMismatchError);
    expect(events.map(({ type }) => type)).toEqual(['pins-expiring', 'pins-expired']);
    expect((await lax.get(target.url)).ok).toBe(true);
    expect(lax.snapshot().hosts[0]?.pins?.remainingSeconds).toBeLessThan(0);
  });

  it.each([
    [['sha256/AAAA'], /pin at least two|write sha256/],
    [[`sha256/${'A'.repeat(43)}=`], /at least two/],
    [[`sha256/${'A'.repeat(43)}=`, `sha256/${'A'.repeat(43)}=`], /no backup/],
    [[`sha1/${'A'.repeat(43)}=`, `sha256/${'A'.repeat(43)}=`], /write sha256/],
    [[`sha256/${'A'.repeat(42)}B=`, `sha256/${'A'.repeat(43)}=`], /write sha256/],
  ])('refuse %j', (spki, message) => {
    expect(refusal({ allow: [{ host: 'a.example', pins: { spki, expiresAt: '2999-01-01' } }] })).toMatch(message);
  });
});

describe('the change of pins', () => {
  it('holds for the next call, also where a connection is kept and a session could be resumed', async () => {
    const { leaf } = await common();
    const target = track(await host());
    const spare = await backupPin();
    const calls = track(await client(pinned(target, [leaf.pin, spare])));
    for (let nth = 0; nth < 6; nth += 1) expect((await calls.get(target.url)).ok).toBe(true);
    expect(target.connections()).toBeLessThanOrEqual(2);
    calls.setPins(target.key, { spki: [spare, await backupPin()], expiresAt: later() });
    await failure(calls.get(target.url), PinMismatchError);
    expect(target.seen).toHaveLength(6);
    calls.setPins(target.key, { spki: [leaf.pin, spare], expiresAt: later() });
    expect((await calls.get(target.url)).ok).toBe(true);
  });

  it('lets a call that waits for a connection use none that the old pins admitted', async () => {
    const { leaf } = await common();
    const target = track(await host((_request, response) => setTimeout(() => response.end('x'), 150)));
    const spare = await backupPin();
    const options = { ...pinned(target, [leaf.pin, spare]), limits: { connectionsPerHost: 1 } };
    const calls = track(await client(options));
    const running = calls.get(target.url);
    await wait(50);
    const waiting = failure(calls.get(target.url), PinMismatchError);
    calls.setPins(target.key, { spki: [spare, await backupPin()], expiresAt: later() });
    expect((await running).ok).toBe(true);
    await waiting;
    expect(target.seen).toHaveLength(1);
  });

  it('never resumes a session', async () => {
    const target = track(await host());
    const resumed: boolean[] = [];
    target.server.on('secureConnection', (socket) => resumed.push(socket.isSessionReused()));
    const calls = track(await client({ allow: [target.key] }));
    for (let nth = 0; nth < 4; nth += 1) {
      await calls.get(target.url);
      calls.renewConnections();
    }
    expect(resumed).toEqual([false, false, false, false]);
  });

  it('keeps the old pins when the new ones are not valid', async () => {
    const { leaf } = await common();
    const target = track(await host());
    const calls = track(await client(pinned(target, [leaf.pin, await backupPin()])));
    expect(() => calls.setPins(target.key, { spki: [leaf.pin], expiresAt: later() })).toThrow(HttpClientConfigError);
    expect(() => calls.setPins('evil.example', { spki: [leaf.pin], expiresAt: later() })).toThrow(/allow-list/);
    expect((await calls.get(target.url)).ok).toBe(true);
  });

  it('loses none of 50 concurrent callers while the host goes over to its backup key, and that to the next', async () => {
    const { ca } = await common();
    const [first, second, third] = [await newKeys(), await newKeys(), await newKeys()];
    const leaves = [];
    for (const keys of [first, second, third]) leaves.push(await ca.issue({ keys }));
    const [one, two, three] = leaves as [(typeof leaves)[0], (typeof leaves)[0], (typeof leaves)[0]];
    const server: Server = createServer({ cert: one.cert, key: one.key }, (_request, response) => {
      setTimeout(() => response.end('good'), Math.random() * 10);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const key = `localhost:${port}`;
    track({
      close: async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    });
    const calls = track(
      await client({
        allow: [{ host: key, pins: { spki: [one.pin, two.pin], expiresAt: later() } }],
        limits: { connectionsPerHost: 16 },
      }),
    );
    const outcomes: Record<string, number> = {};
    let stop = false;
    const callers = Array.from({ length: 50 }, async () => {
      while (!stop) {
        const outcome = await calls.get(`https://${key}`).then((response) => response.text(), String);
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      }
    });
    /** Until each caller was served about once more, whatever that takes here. */
    const served = async () => {
      const before = outcomes.good ?? 0;
      while ((outcomes.good ?? 0) < before + 50 && Object.keys(outcomes).every((each) => each === 'good'))
        await wait(5);
    };
    await served();
    server.setSecureContext({ cert: two.cert, key: two.key });
    calls.renewConnections();
    await served();
    calls.setPins(key, { spki: [two.pin, three.pin], expiresAt: later() });
    await served();
    server.setSecureContext({ cert: three.cert, key: three.key });
    calls.renewConnections();
    await served();
    stop = true;
    await Promise.all(callers);
    expect(Object.keys(outcomes)).toEqual(['good']);
    expect(outcomes.good).toBeGreaterThanOrEqual(200);
    expect(calls.snapshot().counters.retries).toBe(0);
    expect(calls.snapshot().hosts[0]?.pins?.lastMatch).toBe(three.pin);
  });
});
