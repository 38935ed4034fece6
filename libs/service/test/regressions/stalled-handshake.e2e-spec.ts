// A stalled handshake was answered with a written problem, which waited for the handshake to end: the connection stayed for ever.
import { once } from 'node:events';
import { connect } from 'node:net';
import { startForTest } from '../../src/testing/index.ts';
import { sample, SampleModule } from '../fixtures/sample.app.ts';

it('closes a connection whose TLS handshake stalls', async () => {
  const service = await startForTest(SampleModule, sample, { limits: { handshakeTimeoutMs: 300 } });
  try {
    const socket = connect({ host: '127.0.0.1', port: Number(new URL(service.urls.https).port) });
    socket.on('error', () => undefined).write(Buffer.from('160301', 'hex')); // the first bytes of a record, and then nothing
    await once(socket, 'close', { signal: AbortSignal.timeout(10_000) });
  } finally {
    await service.close();
  }
});
