// Step 10: may they call this route. Which objects they see is the resource's policy, in its query: what is not theirs is not found.
import type { onRequestHookHandler } from 'fastify';
import { authorize as check } from '@gatehouse/authz';
import type { Principal } from '@gatehouse/authn';
import type { Step } from '../step.ts';

export const authorize: Step = {
  name: 'authorize',
  does: 'May they: the scopes of the route here, the object in its query (see authorization.md).',
  answers: ['forbidden', 'unauthenticated', 'not-found'],
  onRoute(options, { access }) {
    if (access?.kind !== 'scopes') return;
    const may: onRequestHookHandler = (request, _reply, done) => {
      try {
        check(access, request.principal as Principal);
        done();
      } catch (error) {
        done(error as Error);
      }
    };
    // after the limit of the caller, which is a hook of the route too
    options.onRequest = [...[options.onRequest ?? []].flat(), may];
  },
};
