// A valid request for an operation of the API description: path, query, headers and body, each sampled from its schema.
import type { TargetRequest } from '../target.ts';
import type { ApiDescription, Operation, Parameter } from './openapi.document.ts';
import { resolve } from './openapi.document.ts';
import { sample, typeOf } from './schema.sampler.ts';

/** A parameter whose value is one scalar, so that a second one has no meaning. */
export function scalarQueryParameter(api: ApiDescription, operation: Operation): Parameter | undefined {
  return operation.parameters.find(
    (parameter) =>
      parameter.in === 'query' && !['array', 'object'].includes(typeOf(resolve(api.root, parameter.schema)) ?? ''),
  );
}

/** The request line and headers that the operation asks for; only required parameters are sent. */
export function requestFor(
  api: ApiDescription,
  operation: Operation,
): Pick<TargetRequest, 'method' | 'path' | 'headers'> {
  const required = operation.parameters.filter((parameter) => parameter.required);
  const value = (parameter: Parameter) => String(sample(api.root, parameter.schema));
  const of = (kind: Parameter['in']) => required.filter((parameter) => parameter.in === kind);
  const path = of('path').reduce(
    (text, parameter) => text.replace(`{${parameter.name}}`, encodeURIComponent(value(parameter))),
    operation.path,
  );
  const query = of('query').map(
    (parameter) => `${encodeURIComponent(parameter.name)}=${encodeURIComponent(value(parameter))}`,
  );
  const headers = Object.fromEntries(of('header').map((parameter) => [parameter.name.toLowerCase(), value(parameter)]));
  return { method: operation.method, path: query.length > 0 ? `${path}?${query.join('&')}` : path, headers };
}

/** A valid body of the operation, as a value. */
export function bodyFor(api: ApiDescription, operation: Operation): unknown {
  return sample(api.root, operation.body ?? {});
}
