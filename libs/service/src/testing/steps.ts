// The request path itself, apart from the rest of testing/: it brings the whole service with it.
export { requestPath } from '../steps/index.ts';
export { startWithSteps } from './start-with-steps.ts';
