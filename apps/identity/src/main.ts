// The identity provider alone; `npm start` starts it beside the service.
import { join } from 'node:path';
import { seededCallers } from './seeded.callers.ts';
import { startIdentity } from './start-identity.ts';

const stateFolder = process.env.GATEHOUSE_STATE ?? join(process.cwd(), '.gatehouse');
const running = await startIdentity({ stateFolder, env: process.env });
process.stdout.write(
  `identity is ready: ${running.issuer}\ncallers: ${seededCallers.map(({ name }) => name).join(', ')}\n`,
);
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.once(signal, () => void running.close().then(() => process.exit(0)));
