// Words that would compile into something else than a name: a keyword, a Node module, a device, one of our own parts.
import { builtinModules } from 'node:module';

const KEYWORDS =
  'abstract any arguments as async await boolean break case catch class const continue debugger declare default delete do else enum eval export extends false finally for from function get if implements import in infer instanceof interface is keyof let namespace never new null number object of package private protected public readonly require return set static string super switch symbol this throw true try type typeof undefined unique unknown using var void while with yield';

// https://learn.microsoft.com/windows/win32/fileio/naming-a-file: these cannot be a folder there, with or without extension
const DEVICES = ['con', 'prn', 'aux', 'nul', ...digits('com'), ...digits('lpt')];

/** Libs of the design that do not exist yet: a service must not take their place. */
const OWN_LIBS =
  'service tls http-client secrets authn authz rate-limit audit detection problem-details validation observability conformance database files valkey';

const OWN_PARTS =
  'api identity gatehouse workspace templates docker docs apps libs tools generated node-modules dist src test ca postgres postgres-roles certs migrations valkey valkey-roles openbao openbao-roles issuer token admin root public template0 template1 constructor prototype npm node favicon';

// a container, a role of the database, a host name and a file of docker/generated that are there already
const SERVICE_PARTS = 'services targets prometheus alertmanager vault none localhost';

// what a resource's folder, route, file or code of that name would collide with inside a service
const RESOURCE_PARTS =
  'app main health metrics openapi docs v1 resource resources service services module modules rows create find list replace remove';

// tables that are in the database of a service, or that the audit trail has; what begins so would be taken for their indexes
const TABLES = 'authn-api-keys authn-revocations audit-events audit-checkpoints kysely-migration';

const BUILTIN = builtinModules.map((name) => name.replace(/^node:/, '').split('/')[0] as string);

const groups: readonly (readonly [reason: string, names: ReadonlySet<string>])[] = [
  ['a keyword of JavaScript or TypeScript', new Set(KEYWORDS.split(' '))],
  ['a device name on Windows', new Set(DEVICES)],
  ['a module of Node.js', new Set(BUILTIN)],
  ['a lib of Gatehouse', new Set(OWN_LIBS.split(' '))],
  ['a word that the workspace uses itself', new Set(OWN_PARTS.split(' '))],
];

/** Why `name` is reserved, or undefined. */
export function reservedReason(name: string, kind: 'service' | 'resource' | 'lib'): string | undefined {
  const hit = groups.find(([, names]) => names.has(name));
  if (hit) return hit[0];
  if (kind === 'service' && SERVICE_PARTS.split(' ').includes(name)) return 'a word that the containers use themselves';
  if (kind === 'resource' && RESOURCE_PARTS.split(' ').includes(name)) return 'a word that every service uses itself';
  if (kind === 'resource' && TABLES.split(' ').some((table) => name === table || name.startsWith(`${table}-`))) {
    return 'a table of Gatehouse';
  }
  return kind !== 'lib' && name.startsWith('pg-') ? "like PostgreSQL's own names" : undefined;
}

function digits(prefix: string): string[] {
  return Array.from({ length: 10 }, (_, digit) => `${prefix}${digit}`);
}
