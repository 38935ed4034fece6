// Every route that the service itself says to be protected × a credential that is not good enough: none may get further than the door.
import { skip, type Finding, type Severity } from '../check.ts';
import { summary, type Answer } from '../client/answer.ts';
import type { ApiDescription, Operation } from '../openapi/openapi.document.ts';
import { bodyFor, orElse, reachingRequest } from '../openapi/operation.request.ts';
import type { Target, TargetRequest } from '../target.ts';

/** A credential, made anew for each route. */
export interface Credential {
  /** For people: `an expired token`. */
  readonly what: string;
  readonly headers: (operation: Operation, request: TargetRequest) => Readonly<Record<string, string>>;
}

export const isProtected = ({ access }: Operation): boolean => access.kind === 'protected';

export const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;

/** The routes that need a credential; skips the check when the document says that of none. */
export async function protectedRoutes(target: Target): Promise<{ api: ApiDescription; operations: Operation[] }> {
  const api = await target.api();
  const operations = api.operations.filter(isProtected);
  if (operations.length === 0) skip('the OpenAPI document says of no route that it needs a credential (security)');
  return { api, operations };
}

/**
 * A valid request, as far as its schemas have a sample; `harmless` leaves out the body of what changes something, and so does --read-only: a
 * service that looks at bodies first is then not told from one that lets anybody in.
 */
export function requestTo(
  target: Target,
  api: ApiDescription,
  operation: Operation,
  how: 'valid' | 'harmless' = 'valid',
): TargetRequest {
  const request = { ...reachingRequest(api, operation), label: nameOf(operation) };
  if (!operation.body || how === 'harmless' || target.options.readOnly) return request;
  const body = orElse(undefined, () => JSON.stringify(bodyFor(api, operation)));
  if (body === undefined) return request;
  return { ...request, headers: { ...request.headers, 'content-type': 'application/json' }, body };
}

/** A route, what was asked of it without the credential, and what came back with it. */
export interface Asked {
  readonly operation: Operation;
  readonly request: TargetRequest;
  readonly answer: Answer;
}

/** Sends a credential to every route. */
export async function answersOfAll(target: Target, { headers }: Credential): Promise<Asked[]> {
  const { api, operations } = await protectedRoutes(target);
  return Promise.all(
    operations.map(async (operation) => {
      const request = requestTo(target, api, operation);
      const sent = { ...request, headers: { ...request.headers, ...headers(operation, request) } };
      return { operation, request, answer: await target.stranger(sent) };
    }),
  );
}

/**
 * A finding for each credential that gets further than the door anywhere. A limit on wrong tries is right, and hides what is behind it: what
 * it hid is said, and where it hid everything the check is skipped.
 */
export async function refusedByAll(
  target: Target,
  credentials: readonly Credential[],
  note: (text: string) => void,
): Promise<Finding[]> {
  let seen = 0;
  const findings = credentials.map(async (credential) => {
    const answers = (await answersOfAll(target, credential)).map(({ answer }) => answer);
    const limited = answers.filter(({ status }) => status === 429).length;
    seen += answers.length - limited;
    if (limited > 0) note(`${credential.what}: ${limited} of ${answers.length} routes answered 429 and are not proved`);
    return findingsOf(credential.what, answers);
  });
  const found = (await Promise.all(findings)).flat();
  return seen > 0 ? found : skip('wrong credentials from this address are limited just now (429): ask again later');
}

/** What is wrong with the answers to a credential that all should have refused; one finding for each kind of fault. */
export function findingsOf(what: string, answers: readonly Answer[]): Finding[] {
  const faults = Map.groupBy(answers, faultOf);
  return [...faults].flatMap(([fault, found]) => {
    if (fault === undefined) return [];
    const names = found.map(({ label }) => label);
    const places = `${names.slice(0, 4).join(', ')}${names.length > 4 ? ` and ${names.length - 4} more` : ''}`;
    return [{ message: `${what} ${fault.says}: ${places}`, evidence: summary(found[0]), severity: fault.severity }];
  });
}

interface Fault {
  readonly says: string;
  readonly severity?: Severity;
}

const LET_IN: Fault = { says: 'is let in' };
const LOOKED_AT: Fault = { says: 'has its body looked at before it is asked who calls', severity: 'medium' };
const CRASHED: Fault = { says: 'makes the service fail' };

/** Refused at the door: 401, or 403 (RFC 9110 §15.5.4), or a limit on wrong tries, or no answer at all. */
function faultOf({ status }: Answer): Fault | undefined {
  if ([0, 401, 403, 429].includes(status)) return undefined;
  if ([400, 413, 415, 422].includes(status)) return LOOKED_AT;
  return status >= 500 ? CRASHED : LET_IN;
}
