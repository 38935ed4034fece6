// npm and shells die of SIGTERM before the service that they started: its state is removed when it has ended, not under its hands.
import { existsSync } from 'node:fs';
import { startService } from '../src/process/service.process.ts';

/** The leader ends at once, its child writes into the state folder for a second more. */
const LEAVES_ONE = `
  sh -c 'trap "" TERM; mkdir "$GATEHOUSE_STATE/orders"; echo "state $GATEHOUSE_STATE"; n=0
    while [ $n -lt 1000 ]; do n=$((n+1)); : > "$GATEHOUSE_STATE/orders/$n" || exit; sleep 0.001; done; echo done' &
  wait`;

it('waits for what its leader left behind before it removes the state', async () => {
  const command = { argv: ['sh', '-c', LEAVES_ONE], env: {}, unsafeSettings: [], startSeconds: 20, reloadSeconds: 3 };
  const service = await startService(command);
  expect(await service.said('state ')).toBe(true);
  const [, state = ''] = /^state (.+)$/m.exec(service.output()) ?? [];
  await service.dispose();
  expect(service.output()).toContain('done');
  expect(existsSync(state)).toBe(false);
});
