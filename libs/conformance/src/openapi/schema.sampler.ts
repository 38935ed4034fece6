// A valid value for a JSON Schema, so that exactly one thing can then be made wrong with it. Small on purpose: where it
// cannot build a valid sample, the check that needs one says so. The schema may be hostile: nothing of it is taken for granted.
import { randomUUID } from 'node:crypto';
import { asObject, resolve } from './openapi.document.ts';
import { samplePattern } from './pattern.sampler.ts';
import { NoSampleError, SampleBudget } from './sample.budget.ts';

export type JsonSchema = { readonly [key: string]: unknown };

const MAX_DEPTH = 12;

/**
 * A value that the schema should accept; only required properties are filled in.
 * @throws {NoSampleError} where there is none, or none of a bearable size
 */
export function sample(root: JsonSchema, schema: unknown): unknown {
  return new SchemaSampler(root).sample(schema, 0);
}

/** The first type that the schema names, or the one that its keywords imply. */
export function typeOf(schema: JsonSchema): string | undefined {
  const { type } = schema;
  if (Array.isArray(type))
    return type.find((name) => typeof name === 'string' && name !== 'null') as string | undefined;
  if (typeof type === 'string') return type;
  return schema.properties ? 'object' : undefined;
}

class SchemaSampler {
  readonly #root: JsonSchema;
  readonly #budget = new SampleBudget();

  constructor(root: JsonSchema) {
    this.#root = root;
  }

  sample(schema: unknown, depth: number): unknown {
    this.#budget.spendValues();
    if (depth > MAX_DEPTH) return null;
    const it = this.#resolve(schema);
    if ('const' in it) return this.#budget.spendGiven(it.const);
    if ('example' in it) return this.#budget.spendGiven(it.example);
    if (Array.isArray(it.examples) && it.examples.length > 0) return this.#budget.spendGiven(it.examples[0]);
    if (Array.isArray(it.enum)) return this.#first(it.enum);
    if ('default' in it) return this.#budget.spendGiven(it.default);
    for (const key of ['oneOf', 'anyOf'] as const) {
      const options = it[key];
      if (Array.isArray(options) && options.length > 0) return this.#option(it, key, options[0], depth);
    }
    if (Array.isArray(it.allOf) && it.allOf.length > 0) return this.#all(it.allOf, depth);
    return this.#ofType(it, depth);
  }

  #resolve(schema: unknown): JsonSchema {
    if (schema === true) return {}; // JSON Schema 2020-12 §4.3.2: everything, and with false nothing
    const given = asObject(schema);
    if (!given) throw new NoSampleError(`a schema of it is ${JSON.stringify(schema)?.slice(0, 40)}`);
    if (typeof given.$ref !== 'string') return given;
    this.#budget.spendCharacters(given.$ref.length);
    const found = resolve(this.#root, given);
    if (typeof found.$ref === 'string') throw new NoSampleError('a $ref of it leads to itself');
    return found;
  }

  #first(options: readonly unknown[]): unknown {
    if (options.length === 0) throw new NoSampleError('an enum of it is empty');
    return this.#budget.spendGiven(options[0]);
  }

  /** What stands beside the options holds for each of them. */
  #option(it: JsonSchema, key: string, option: unknown, depth: number): unknown {
    const chosen = option === true ? {} : asObject(option);
    if (!chosen) throw new NoSampleError(`an option of its ${key} is no schema`);
    const merged = { ...it, [key]: undefined, ...chosen };
    this.#budget.spendValues(Object.keys(merged).length);
    return this.sample(merged, depth + 1);
  }

  #all(parts: readonly unknown[], depth: number): unknown {
    const values = parts.map((part) => this.sample(part, depth + 1));
    if (!values.every((value) => typeof value === 'object')) return values[0];
    return Object.fromEntries(values.flatMap((value) => Object.entries(value ?? {})));
  }

  #ofType(schema: JsonSchema, depth: number): unknown {
    switch (typeOf(schema)) {
      case 'object':
        return this.#object(schema, depth);
      case 'array':
        return this.#array(schema, depth);
      case 'integer':
        return sampleNumber(schema, 1);
      case 'number':
        return sampleNumber(schema, 0.5);
      case 'boolean':
        return true;
      case 'null':
        return null;
      default:
        return this.#string(schema);
    }
  }

  #object(schema: JsonSchema, depth: number): Record<string, unknown> {
    const properties = asObject(schema.properties) ?? {};
    const required = Array.isArray(schema.required) ? schema.required : [];
    const members: [string, unknown][] = [];
    for (const name of required) {
      if (typeof name !== 'string') throw new NoSampleError('a name in its "required" is no string');
      this.#budget.spendCharacters(name.length);
      members.push([name, this.sample(Object.hasOwn(properties, name) ? properties[name] : {}, depth + 1)]);
    }
    return Object.fromEntries(members);
  }

  #array(schema: JsonSchema, depth: number): unknown[] {
    const items: unknown[] = [];
    for (const least = countOf(schema.minItems, 0); items.length < least;)
      items.push(this.sample(schema.items ?? {}, depth + 1));
    return items;
  }

  #string({ format, pattern, minLength, maxLength }: JsonSchema): string {
    if (typeof format === 'string' && Object.hasOwn(FORMATS, format)) return FORMATS[format]();
    const text = typeof pattern === 'string' ? samplePattern(pattern, this.#budget) : 'conformance';
    const [shortest, longest] = [countOf(minLength, 0), countOf(maxLength, Infinity)];
    if (shortest > longest) throw new NoSampleError('its minLength is more than its maxLength');
    this.#budget.spendCharacters(Math.max(shortest, text.length));
    return text.padEnd(shortest, 'x').slice(0, longest);
  }
}

/** A keyword that counts; absent is what it means without. */
function countOf(value: unknown, absent: number): number {
  if (value === undefined) return absent;
  if (typeof value === 'number' && value >= 0) return value;
  throw new NoSampleError('a length in its schema is no count');
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
  const found = multiple > 0 ? Math.ceil(wanted / multiple) * multiple : wanted;
  if (!Number.isFinite(found)) throw new NoSampleError('no number is within its bounds');
  return found;
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
