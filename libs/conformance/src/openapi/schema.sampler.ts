// A valid value for a JSON Schema, so that exactly one thing can then be made wrong with it. Small on purpose: where it
// cannot build a valid sample, the check that needs one says so.
import { randomUUID } from 'node:crypto';
import { resolve } from './openapi.document.ts';
import { samplePattern } from './pattern.sampler.ts';

export type JsonSchema = { readonly [key: string]: unknown };

const MAX_DEPTH = 12;

/** A value that the schema should accept; only required properties are filled in. */
export function sample(root: JsonSchema, schema: JsonSchema, depth = 0): unknown {
  const it = resolve(root, schema);
  if (depth > MAX_DEPTH) return null;
  if ('const' in it) return it.const;
  if ('example' in it) return it.example;
  if (Array.isArray(it.examples) && it.examples.length > 0) return it.examples[0];
  if (Array.isArray(it.enum)) return it.enum[0];
  if ('default' in it) return it.default;
  for (const key of ['oneOf', 'anyOf'] as const) {
    const options = it[key];
    if (Array.isArray(options) && options.length > 0)
      return sample(root, { ...it, [key]: undefined, ...(options[0] as JsonSchema) }, depth + 1);
  }
  if (Array.isArray(it.allOf)) return sampleAll(root, it.allOf as JsonSchema[], depth);
  return sampleType(root, it, depth);
}

/** The first type that the schema names, or the one that its keywords imply. */
export function typeOf(schema: JsonSchema): string | undefined {
  const { type } = schema;
  if (Array.isArray(type)) return type.find((name) => name !== 'null') as string | undefined;
  if (typeof type === 'string') return type;
  return schema.properties ? 'object' : undefined;
}

function sampleAll(root: JsonSchema, parts: readonly JsonSchema[], depth: number): unknown {
  const values = parts.map((part) => sample(root, part, depth + 1));
  return values.every((value) => typeof value === 'object') ? Object.assign({}, ...values) : values[0];
}

function sampleType(root: JsonSchema, schema: JsonSchema, depth: number): unknown {
  switch (typeOf(schema)) {
    case 'object':
      return sampleObject(root, schema, depth);
    case 'array':
      return Array.from({ length: Number(schema.minItems ?? 0) }, () =>
        sample(root, (schema.items ?? {}) as JsonSchema, depth + 1),
      );
    case 'integer':
      return sampleNumber(schema, 1);
    case 'number':
      return sampleNumber(schema, 0.5);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return sampleString(schema);
  }
}

function sampleObject(root: JsonSchema, schema: JsonSchema, depth: number): Record<string, unknown> {
  const properties = (schema.properties ?? {}) as Record<string, JsonSchema>;
  const required = (Array.isArray(schema.required) ? schema.required : []) as string[];
  return Object.fromEntries(required.map((name) => [name, sample(root, properties[name] ?? {}, depth + 1)]));
}

function sampleNumber(schema: JsonSchema, step: number): number {
  const least = [
    schema.minimum,
    typeof schema.exclusiveMinimum === 'number' ? schema.exclusiveMinimum + step : undefined,
  ];
  const most = [
    schema.maximum,
    typeof schema.exclusiveMaximum === 'number' ? schema.exclusiveMaximum - step : undefined,
  ];
  const low = Math.max(...least.filter((value) => typeof value === 'number'), -Infinity);
  const high = Math.min(...most.filter((value) => typeof value === 'number'), Infinity);
  const wanted = Math.min(Math.max(1, low), high);
  const multiple = typeof schema.multipleOf === 'number' ? schema.multipleOf : 0;
  return multiple > 0 ? Math.ceil(wanted / multiple) * multiple : wanted;
}

const FORMATS: Readonly<Record<string, () => string>> = {
  uuid: () => randomUUID(),
  email: () => 'conformance@example.com',
  date: () => '2026-01-31',
  'date-time': () => '2026-01-31T12:00:00Z',
  uri: () => 'https://example.com/conformance',
  hostname: () => 'example.com',
  ipv4: () => '192.0.2.1',
  ipv6: () => '2001:db8::1',
};

function sampleString(schema: JsonSchema): string {
  const { format, pattern } = schema;
  if (typeof format === 'string' && Object.hasOwn(FORMATS, format)) return FORMATS[format]();
  const text = typeof pattern === 'string' ? samplePattern(pattern) : 'conformance';
  const shortest = Number(schema.minLength ?? 0);
  const longest = Number(schema.maxLength ?? Infinity);
  return text.padEnd(shortest, 'x').slice(0, longest);
}
