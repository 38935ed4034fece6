// HEALTHCHECK: the ready probe on the management port, over HTTPS, with the certificate verified. A service whose certificate has
// expired or whose database is away is not healthy.
import { readFileSync } from 'node:fs';
import { get } from 'node:https';

const { GATEHOUSE_MANAGEMENT_PORT: port, GATEHOUSE_TLS_CA_FILE: caFile } = process.env;
const ca = caFile ? readFileSync(caFile) : undefined;
const probe = { host: '127.0.0.1', servername: 'localhost', port, path: '/health/ready', ca, timeout: 2_500 };

get(probe, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))
  .on('timeout', () => process.exit(1))
  .on('error', ({ message }) => {
    process.stderr.write(`${message}\n`);
    process.exit(1);
  });
