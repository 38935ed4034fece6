export {
  findValkey,
  valkeyServer,
  type ValkeyProgram,
  type ValkeyServer,
  type ValkeyServerOptions,
} from './valkey.server.ts';
