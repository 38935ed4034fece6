export { testAuthority, type LeafOptions, type TestAuthority } from './test.authority.ts';
export { describePebble, freePort, startPebble, type Pebble, type PebbleOptions } from './pebble.server.ts';
