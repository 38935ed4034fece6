// Validates what a handler receives against the Standard Schema beside its parameter: `@Body({ schema })`. Unlike Nest's own
// pipe it answers RFC 9457 with a pointer to each wrong field, and it never repeats the refused value.
import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { ProblemError, type ProblemField } from '@gatehouse/problem-details';

/** At most this many refused fields are listed in one answer. */
const MAX_LISTED_FIELDS = 20;

interface Issue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[];
}

/**
 * The global pipe of a service. A body or a query that does not fit is `validation-failed` (422); a path parameter that does
 * not fit names nothing that exists: `not-found` (404).
 */
export class SchemaPipe implements PipeTransform {
  transform(value: unknown, metadata: ArgumentMetadata): unknown {
    const { schema, type } = metadata;
    if (!schema) return value;
    const result = schema['~standard'].validate(value);
    if (result instanceof Promise) return result.then((settled) => unwrap(settled, metadata));
    if (!result.issues) return result.value;
    throw refusal(result.issues, type, metadata.data);
  }
}

function unwrap(result: { issues?: readonly Issue[]; value?: unknown }, metadata: ArgumentMetadata): unknown {
  if (!result.issues) return result.value;
  throw refusal(result.issues, metadata.type, metadata.data);
}

function refusal(issues: readonly Issue[], type: ArgumentMetadata['type'], name: string | undefined): ProblemError {
  if (type === 'param') return new ProblemError('not-found');
  const errors = issues.slice(0, MAX_LISTED_FIELDS).map((issue) => field(issue, type, name));
  return new ProblemError('validation-failed', { errors });
}

function field(issue: Issue, type: ArgumentMetadata['type'], name: string | undefined): ProblemField {
  const path = (issue.path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment));
  if (name !== undefined) path.unshift(name);
  if (type === 'query') return { parameter: path.join('.'), detail: issue.message };
  return { pointer: `#${path.map((segment) => `/${escapePointer(segment)}`).join('')}`, detail: issue.message };
}

/** RFC 6901 §3. */
const escapePointer = (segment: string) => segment.replaceAll('~', '~0').replaceAll('/', '~1');
