import { createServer as createHttpsServer } from 'node:https';
import { connect } from 'node:net';
import { connect as connectTls, createServer, type Server } from 'node:tls';
import { policyOptions } from '../src/tls.policy.ts';
import { testAuthority } from '../src/testing/index.ts';
import { closed, handshake, listening, secured } from './fixtures/handshake.ts';

const X25519MLKEM768 = 0x11ec;
const X25519 = 0x001d;

describe('the policy', () => {
  let ours: Server;
  let nodes: Server;
  let port: number;
  let nodesPort: number;

  beforeAll(async () => {
    const material = await (await testAuthority()).issue();
    ours = createServer(policyOptions(material));
    nodes = createServer({ ...material, minVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' });
    ours.on('tlsClientError', () => undefined);
    [port, nodesPort] = await Promise.all([listening(ours), listening(nodes)]);
  });
  afterAll(() => closed(ours, nodes));

  it('gives a default client TLS 1.3 with a post-quantum key exchange', async () => {
    expect(await handshake(port)).toMatchObject({ protocol: 'TLSv1.3', group: X25519MLKEM768 });
  });

  it('gives a client that prefers X25519 the post-quantum group all the same', async () => {
    expect(await handshake(port, { ecdhCurve: 'X25519:X25519MLKEM768' })).toMatchObject({ group: X25519MLKEM768 });
  });

  it('still serves a client that knows X25519 only', async () => {
    expect(await handshake(port, { ecdhCurve: 'X25519' })).toMatchObject({ protocol: 'TLSv1.3', group: X25519 });
  });

  it.each(['P-256', 'P-384'])('still serves a client that knows %s only', async (ecdhCurve) => {
    expect(await handshake(port, { ecdhCurve })).toMatchObject({ protocol: 'TLSv1.3' });
  });

  it.each(['ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-ECDSA-CHACHA20-POLY1305'])(
    'still serves a TLS 1.2 client with %s',
    async (ciphers) => {
      expect(await handshake(port, { maxVersion: 'TLSv1.2', ciphers })).toMatchObject({ protocol: 'TLSv1.2' });
    },
  );

  it.each(['ECDHE-ECDSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA384', 'ECDHE-ECDSA-AES128-CCM'])(
    'refuses %s, which Node would take',
    async (suite) => {
      const client = { maxVersion: 'TLSv1.2', ciphers: `${suite}@SECLEVEL=0` } as const;
      await expect(handshake(port, client)).rejects.toThrow(/handshake failure/);
      await expect(handshake(nodesPort, client)).resolves.toMatchObject({ protocol: 'TLSv1.2' });
    },
  );

  it('refuses TLS 1.1, which a Node server with another minVersion would take', async () => {
    const client = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    await expect(handshake(port, client)).rejects.toThrow(/protocol version/);
    await expect(handshake(nodesPort, client)).resolves.toMatchObject({ protocol: 'TLSv1.1' });
  });

  it('refuses a group outside the policy', async () => {
    await expect(handshake(port, { ecdhCurve: 'P-521' })).rejects.toThrow(/handshake failure/);
    await expect(handshake(nodesPort, { ecdhCurve: 'P-521' })).resolves.toMatchObject({ protocol: 'TLSv1.3' });
  });

  it('refuses to renegotiate, which Node would do', async () => {
    await expect(renegotiation(port)).rejects.toThrow(/no renegotiation/);
    await renegotiation(nodesPort);
  });

  it('closes a handshake that stalls', async () => {
    const impatient = createHttpsServer({
      ...policyOptions(await (await testAuthority()).issue()),
      handshakeTimeout: 200,
    });
    const socket = connect(await listening(impatient), '127.0.0.1');
    socket.on('error', () => undefined).write(Buffer.from([22, 3, 1, 2, 0, 1]));
    await new Promise((resolve) => socket.once('close', resolve));
    await closed(impatient);
  });

  it('waits for a handshake 10 s, not the 120 s of Node', async () => {
    expect(policyOptions({ cert: '', key: '' }).handshakeTimeout).toBe(10_000);
  });
});

async function renegotiation(port: number): Promise<void> {
  const options = { port, host: '127.0.0.1', servername: 'localhost', rejectUnauthorized: false } as const;
  const socket = connectTls({ ...options, maxVersion: 'TLSv1.2' });
  try {
    await secured(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.renegotiate({}, (error) => (error ? reject(error) : resolve()));
    });
  } finally {
    socket.destroy();
  }
}
