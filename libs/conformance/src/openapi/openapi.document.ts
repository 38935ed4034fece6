// Which routes the service has, told by the service itself: its OpenAPI document, fetched live or named by the caller.
import { readFile } from 'node:fs/promises';
import { SkippedError } from '../check.ts';
import type { JsonSchema } from './schema.sampler.ts';

/** A parameter of an operation, as far as the checks need it. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header' | 'cookie';
  readonly required: boolean;
  readonly schema: JsonSchema;
}

/** One method on one path. */
export interface Operation {
  readonly method: string;
  /** With `{placeholders}`. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** The schema of its JSON body, when it takes one. */
  readonly body?: JsonSchema;
  readonly access: Access;
}

/** Who may call, as the document says; `undeclared` where it says nothing. */
export interface Access {
  readonly kind: 'public' | 'protected' | 'undeclared';
  readonly scopes: readonly string[];
}

/** The document's operations, and what their `$ref`s point into. */
export interface ApiDescription {
  readonly operations: readonly Operation[];
  readonly root: JsonSchema;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** On the service itself: `//elsewhere` would be another host, and what is no character of an address another request. */
const PATH = /^\/(?![/\\])[^\s\\]*$/;

/** A dozen checks send a request to each, at once. */
const MAX_OPERATIONS = 2_000;

/** A document that would hold the suite for hours. */
export class TooManyOperationsError extends SkippedError {}

/**
 * Reads an OpenAPI 3 document; undefined when it is none. Paths that lead elsewhere are no operations.
 * @throws {TooManyOperationsError}
 */
export function describeApi(document: unknown): ApiDescription | undefined {
  const root = asObject(document);
  if (!root?.openapi || !asObject(root.paths)) return undefined;
  const paths = Object.entries(asObject(root.paths) ?? {}).filter(([path]) => PATH.test(path));
  const operations = paths.flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = asObject(asObject(item)?.[method]);
      return operation ? [readOperation(root, path, method, asObject(item) ?? {}, operation)] : [];
    }),
  );
  if (operations.length > MAX_OPERATIONS) {
    const many = `the OpenAPI document has ${operations.length} operations, more than the ${MAX_OPERATIONS} that are tried`;
    throw new TooManyOperationsError(`${many}: name one that has less with --openapi`);
  }
  return { operations, root };
}

/**
 * Reads a document from a file.
 * @throws {Error} naming the file when it cannot be read or is no OpenAPI document
 */
export async function readApiFile(path: string): Promise<ApiDescription> {
  const text = await readFile(path, 'utf8');
  const api = describeApi(parse(text));
  if (!api) throw new Error(`${path} is not an OpenAPI 3 document in JSON`);
  return api;
}

/** Follows a `$ref` into the document; anything else is returned as it is. */
export function resolve(root: JsonSchema, schema: JsonSchema): JsonSchema {
  let current = schema;
  for (let depth = 0; typeof current.$ref === 'string' && depth < 20; depth += 1) {
    const steps = current.$ref.replace(/^#\//, '').split('/').map(unescapePointer);
    current = asObject(steps.reduce<unknown>((node, step) => asObject(node)?.[step], root)) ?? {};
  }
  return current;
}

function readOperation(
  root: JsonSchema,
  path: string,
  method: string,
  item: JsonSchema,
  operation: JsonSchema,
): Operation {
  const parameters = [...asArray(item.parameters), ...asArray(operation.parameters)]
    .map((parameter) => resolve(root, asObject(parameter) ?? {}))
    .filter(({ name }) => typeof name === 'string')
    .map((parameter) => ({
      name: parameter.name as string,
      in: parameter.in as Parameter['in'],
      required: parameter.required === true || parameter.in === 'path',
      schema: asObject(parameter.schema) ?? {},
    }));
  const content = asObject(resolve(root, asObject(operation.requestBody) ?? {}).content);
  const json = Object.entries(content ?? {}).find(([type]) => /^application\/(.*\+)?json/.test(type));
  const access = accessOf(operation.security ?? root.security);
  return { method: method.toUpperCase(), path, parameters, body: asObject(asObject(json?.[1])?.schema), access };
}

/** Each member of the list is a way in; one that asks for nothing lets everybody in (OpenAPI 3.1 §4.8.30). */
function accessOf(security: unknown): Access {
  if (!Array.isArray(security)) return { kind: 'undeclared', scopes: [] };
  const ways = security.map((way) => Object.values(asObject(way) ?? {}));
  if (ways.some((way) => way.length === 0) || ways.length === 0) return { kind: 'public', scopes: [] };
  return {
    kind: 'protected',
    scopes: ways[0].flatMap((scopes) => asArray(scopes).filter((scope) => typeof scope === 'string')),
  };
}

const unescapePointer = (step: string): string => step.replaceAll('~1', '/').replaceAll('~0', '~');

/** The value where it is an object and no list. */
export function asObject(value: unknown): JsonSchema | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonSchema) : undefined;
}

function asArray(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
