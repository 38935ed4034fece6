import { defineService } from '@gatehouse/service';
import { apiSecrets } from './src/api.secrets.ts';
import { ledgerMigrations } from './src/ledger/ledger.migrations.ts';

export default defineService({
  root: import.meta.dirname,
  name: 'api',
  description: 'A small ledger: accounts, and transfers between them.',
  version: '0.1.0',
  ports: { https: 8443, http: 8080, management: 9443 },
  secrets: apiSecrets,
  authn: { apiKeys: {} },
  database: { migrations: ledgerMigrations },
});
