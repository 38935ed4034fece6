// A valid request for an operation of the API description: path, query, headers and body, each sampled from its schema. Where a schema
// has no valid sample, what needs one is told so, and what needs a route alone gets it.
import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { TargetRequest } from '../target.ts';
import type { ApiDescription, Operation, Parameter } from './openapi.document.ts';
import { resolve } from './openapi.document.ts';
import { NoSampleError } from './sample.budget.ts';
import { sample, typeOf } from './schema.sampler.ts';

type RequestHead = Pick<TargetRequest, 'method' | 'path' | 'headers'>;

/** Stands for a value that cannot be sampled, where any will do. */
const ANY = 'conformance';

/** A parameter whose value is one scalar, so that a second one has no meaning. */
export function scalarQueryParameter(api: ApiDescription, operation: Operation): Parameter | undefined {
  return operation.parameters.find(
    (parameter) =>
      parameter.in === 'query' && !['array', 'object'].includes(typeOf(resolve(api.root, parameter.schema)) ?? ''),
  );
}

/**
 * The request line and headers that the operation asks for; only required parameters are sent.
 * @throws {NoSampleError} naming the operation
 */
export function requestFor(api: ApiDescription, operation: Operation): RequestHead {
  return headOf(operation, (parameter) => valueFor(api, operation, parameter));
}

/** The same, with a word in place of what cannot be sampled: it reaches the route, and may be refused there. */
export function reachingRequest(api: ApiDescription, operation: Operation): RequestHead {
  return headOf(operation, (parameter) => orElse(ANY, () => valueFor(api, operation, parameter)));
}

/** A valid body of the operation, as a value. @throws {NoSampleError} naming the operation */
export function bodyFor(api: ApiDescription, operation: Operation): unknown {
  return named(operation, () => sample(api.root, operation.body ?? {}));
}

/** A value of the parameter, as it is written before it is encoded. @throws {NoSampleError} naming the operation */
export function valueFor(api: ApiDescription, operation: Operation, parameter: Parameter): string {
  return named(operation, () => {
    const text = asText(sample(api.root, parameter.schema)).toWellFormed();
    if (parameter.in === 'path' && text === '')
      throw new NoSampleError(`"${parameter.name}" is empty, and in the path`);
    if (parameter.in === 'header') assertHeader(parameter.name, text);
    return text;
  });
}

/** What `make` gives, or `other` where there is no valid sample. */
export function orElse<T, U>(other: U, make: () => T): T | U {
  try {
    return make();
  } catch (error) {
    if (error instanceof NoSampleError) return other;
    throw error;
  }
}

function headOf(operation: Operation, value: (parameter: Parameter) => string): RequestHead {
  const required = operation.parameters.filter((parameter) => parameter.required);
  const of = (kind: Parameter['in']) => required.filter((parameter) => parameter.in === kind);
  const path = of('path').reduce(
    (text, parameter) => text.replace(`{${parameter.name}}`, encodeURIComponent(value(parameter))),
    operation.path,
  );
  const query = of('query').map((parameter) => `${encoded(parameter.name)}=${encodeURIComponent(value(parameter))}`);
  const headers = Object.fromEntries(
    of('header')
      .filter(({ name }) => isHeaderName(name))
      .map((parameter) => [parameter.name.toLowerCase(), value(parameter)]),
  );
  return { method: operation.method, path: query.length > 0 ? `${path}?${query.join('&')}` : path, headers };
}

/** Half a character cannot be encoded. */
const encoded = (name: string): string => encodeURIComponent(name.toWellFormed());

function asText(value: unknown): string {
  if (Array.isArray(value)) return value.map(asText).join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isHeaderName(name: string): boolean {
  try {
    validateHeaderName(name);
    return true;
  } catch {
    return false;
  }
}

function assertHeader(name: string, value: string): void {
  try {
    validateHeaderValue(name, value);
  } catch {
    throw new NoSampleError(`"${name.slice(0, 40)}" has no value that a header can carry`);
  }
}

function named<T>({ method, path }: Operation, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof NoSampleError)) throw error;
    throw new NoSampleError(`no valid sample for ${method} ${path}: ${error.message}`);
  }
}
