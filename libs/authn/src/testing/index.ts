export { TestIssuer, type TokenRequest } from './test.issuer.ts';
