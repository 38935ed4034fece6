// What a descriptor and the environment may say, and nothing that does the work: a start that is refused loads no more than this.
export { authnOptionsSchema, type AuthnOptions, type IssuerInput } from './authn.options.ts';
export { authnEnvironment } from './issuer.environment.ts';
