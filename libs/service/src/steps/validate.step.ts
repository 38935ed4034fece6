// Step 10: nothing undeclared gets in (OWASP API3:2023, HTTP parameter pollution CWE-235). Bodies are checked by the SchemaPipe
// against the schema at the handler's parameter; what no schema can see, a query on a route that takes none, is checked here.
import type { FastifyRequest, preValidationHookHandler } from 'fastify';
import { ProblemError, type ProblemField } from '@gatehouse/problem-details';
import type { Step } from '../step.ts';

export const validate: Step = {
  name: 'validate',
  does: 'Unknown fields and parameters are refused, known ones checked against their schema.',
  answers: ['unknown-parameter', 'duplicate-parameter', 'validation-failed', 'not-found'],
  onRoute(options, route) {
    const known = new Set(route.query);
    const check: preValidationHookHandler = (request, _reply, done) =>
      done(request.raw.url?.includes('?') ? refuseQuery(request, known) : undefined);
    options.preValidation = [check, ...[options.preValidation ?? []].flat()];
  },
};

function refuseQuery(request: FastifyRequest, known: ReadonlySet<string>): ProblemError | undefined {
  const query = request.query as Record<string, unknown>;
  const twice = Object.keys(query).filter((name) => known.has(name) && Array.isArray(query[name]));
  if (twice.length > 0)
    return new ProblemError('duplicate-parameter', { errors: twice.map(named('sent more than once')) });
  const unknown = Object.keys(query).filter((name) => !known.has(name));
  if (unknown.length > 0)
    return new ProblemError('unknown-parameter', { errors: unknown.slice(0, 20).map(named('unknown')) });
  return undefined;
}

/** Names come from the caller: short and printable, or not repeated at all. */
const named =
  (detail: string) =>
  (name: string): ProblemField => ({ parameter: /^[\w.[\]-]{1,64}$/.test(name) ? name : '(unprintable)', detail });
