export { canaryHits } from './canary.search.ts';
export { describeOpenBao, findOpenBao, type Found } from './openbao.binary.ts';
export { OpenBao, type AdminAnswer } from './openbao.server.ts';
export {
  approleEnvironment,
  POLICY,
  prepareApi,
  prepareDatabase,
  setLease,
  wrapSecretId,
  writeKv,
} from './service.role.ts';
export { until } from './until.ts';
