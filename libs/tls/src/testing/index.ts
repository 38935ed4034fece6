export { testAuthority, type LeafOptions, type TestAuthority } from './test.authority.ts';
