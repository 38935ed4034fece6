// What one caller made is not there for another (OWASP API1:2023): an object is made with the good token and asked for as somebody else
// of the tenant, and as somebody of another tenant. The answers must be those to an id that nobody has.
import { skip, type Check, type Finding } from '../check.ts';
import { jsonOf, summary, type Answer } from '../client/answer.ts';
import { issuerOf, modelToken, type Issue } from '../credentials/known.token.ts';
import { isProtected, nameOf, protectedRoutes, requestTo } from '../credentials/protected.routes.ts';
import type { ApiDescription, Operation } from '../openapi/openapi.document.ts';
import type { Target } from '../target.ts';

export const authForeignObject: Check = {
  id: 'auth-foreign-object',
  title: 'An object of another owner or tenant answers as an unknown one',
  control: ['ASVS V8.2.2', 'ASVS V8.4.1', 'API1:2023'],
  severity: 'critical',
  remedy:
    'put owner and tenant of the caller into the query itself; an object that all may see needs an exception of this check',
  async run(target, note) {
    const issue = await issuerOf(target);
    if (target.options.readOnly) skip('it makes an object, which --read-only forbids');
    const { api, operations } = await protectedRoutes(target);
    const collections = operations.filter(
      ({ method, path }) => method === 'POST' && operations.some((other) => isItemOf(other, path)),
    );
    const strangers = await strangersTo(target, issue);
    if (strangers.length === 1) note('the token names no tenant, so only another owner was tried');
    const tried = await Promise.all(collections.map((collection) => examine(target, api, collection, strangers)));
    const made = tried.filter((findings) => findings !== undefined);
    if (made.length === 0)
      return skip('no object could be made: no POST route with a GET by id accepts a sample of its schema');
    note(`${made.length} of ${collections.length} resources tried`);
    return made.flat();
  },
};

interface Stranger {
  readonly who: string;
  readonly authorization: string;
}

const TENANT_CLAIMS = ['tenant', 'tid', 'tenant_id', 'org_id', 'organization'];

async function strangersTo(target: Target, issue: Issue): Promise<Stranger[]> {
  const { claims } = await modelToken(target);
  const tenant = TENANT_CLAIMS.find((name) => typeof claims[name] === 'string');
  const bearer = (changes: object) => `Bearer ${issue(changes)}`;
  const inTenant = { who: 'another caller', authorization: bearer({}) };
  if (tenant === undefined) return [inTenant];
  const outside = bearer({ sub: claims.sub, [tenant]: `${String(claims[tenant])}-conformance` });
  return [inTenant, { who: 'a caller of another tenant', authorization: outside }];
}

/** Undefined where no object could be made. */
async function examine(
  target: Target,
  api: ApiDescription,
  collection: Operation,
  strangers: readonly Stranger[],
): Promise<Finding[] | undefined> {
  const made = await target.send(requestTo(target, api, collection));
  const id = made.status >= 200 && made.status < 300 ? idOf(made) : undefined;
  if (id === undefined) return undefined;
  const findings: Finding[] = [];
  // reading before writing before removing: where the first is allowed, the last would leave nothing to be seen
  const items = ['GET', 'PATCH', 'PUT', 'DELETE'].flatMap((method) =>
    api.operations.filter((operation) => operation.method === method && isItemOf(operation, collection.path)),
  );
  for (const { who, authorization } of strangers) {
    for (const operation of items) {
      const unknown = requestTo(target, api, operation);
      const headers = { ...unknown.headers, authorization };
      const path = operation.path.replace(/\{[^}]+\}/, encodeURIComponent(id));
      const [foreign, none] = [
        await target.stranger({ ...unknown, path, headers }),
        await target.stranger({ ...unknown, headers }),
      ];
      findings.push(...compare(`${nameOf(operation)} as ${who}`, foreign, none));
    }
    const list = api.operations.find(({ method, path }) => method === 'GET' && path === collection.path);
    if (!list || !isProtected(list)) continue;
    const request = requestTo(target, api, list);
    const shown = await target.stranger({ ...request, headers: { ...request.headers, authorization } });
    if (shown.text.includes(id)) findings.push({ message: `${nameOf(list)} shows to ${who} what is not theirs` });
  }
  return findings;
}

function compare(what: string, foreign: Answer, none: Answer): Finding[] {
  if (foreign.status >= 200 && foreign.status < 300)
    return [{ message: `${what}: reaches the object of somebody else`, evidence: summary(foreign) }];
  if (foreign.status === none.status && plain(foreign) === plain(none)) return [];
  const message = `${what}: an object that is not theirs is told from one that is not there`;
  return [{ message, evidence: `${summary(foreign)} / ${summary(none)}`, severity: 'medium' }];
}

/** Without what differs from answer to answer: ids of requests, and the address that was asked. */
const plain = ({ text }: Answer): string =>
  text.replaceAll(/"(requestId|traceId|instance|timestamp)"\s*:\s*"[^"]*",?/g, '').replaceAll(/,(?=\})/g, '');

const isItemOf = ({ path }: Operation, collection: string): boolean =>
  path.startsWith(`${collection}/{`) && /^\{[^}/]+\}$/.test(path.slice(collection.length + 1));

function idOf(made: Answer): string | undefined {
  const { id } = Object(jsonOf(made)) as { id?: unknown };
  if (typeof id === 'string' || typeof id === 'number') return String(id);
  return made.headers.location?.split('/').at(-1);
}
