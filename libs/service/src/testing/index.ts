export { builtInKeys, writeBuiltInKeys } from './built-in.keys.ts';
export { startForTest, type StartingService, type TestService } from './start-for-test.ts';
export type { TokenRequest } from '@gatehouse/authn/testing';
export { TestIssuer } from '@gatehouse/authn/testing';
export { type Answer, type CallOptions } from './https.caller.ts';
