// The places that authentication and authorization take. They do nothing yet, and say so in /policy and in
// docs/request-path.md, so that nobody believes otherwise.
import type { Step } from '../step.ts';

const planned = (name: string, does: string, answers: Step['answers']): Step => ({
  name,
  does,
  answers,
  planned: true,
});

export const authenticate = planned('authenticate', 'Who calls: token, key or client certificate.', [
  'unauthenticated',
  'rate-limited',
]);
export const authorize = planned('authorize', 'May they: route, then object.', ['forbidden', 'not-found']);
