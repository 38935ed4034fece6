// npm and shells die of SIGTERM before the service that they started: its state is removed when it has ended, not under its hands.
import { existsSync } from 'node:fs';
import { startService } from '../src/process/service.process.ts';

/** The leader ends at once; its child notices that, goes on to write into the state folder for some tenths of a second, and ends. */
const LEAVES_ONE = `
  sh -c 'mkdir "$GATEHOUSE_STATE/orders"; echo "state $GATEHOUSE_STATE"
    while kill -0 $PPID; do sleep 0.02; done
    for n in 1 2 3 4 5 6 7 8 9 10; do : > "$GATEHOUSE_STATE/orders/$n" || exit; sleep 0.02; done; echo done' &
  wait`;

it('waits for what its leader left behind before it removes the state', async () => {
  const command = { argv: ['sh', '-c', LEAVES_ONE], env: {}, unsafeSettings: [], startSeconds: 20, reloadSeconds: 3 };
  const service = await startService(command);
  expect(await service.said('state ')).toBe(true);
  const [, state = ''] = /^state (.+)$/m.exec(service.output()) ?? [];
  await service.dispose();
  expect(await service.said('done')).toBe(true);
  expect(existsSync(state)).toBe(false);
});
