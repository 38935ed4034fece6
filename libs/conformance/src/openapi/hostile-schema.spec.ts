// A schema is the service's own word, and the service may be hostile: whatever it says, a sample is made soon or there is none.
import { sample, type JsonSchema } from './schema.sampler.ts';
import { NoSampleError } from './sample.budget.ts';

const SELF = { $ref: '#/N' };
const NAMES = ['left', 'right', 'parent', 'root', 'next'];
const TREE = { type: 'object', required: NAMES, properties: Object.fromEntries(NAMES.map((name) => [name, SELF])) };

/** Far more than a sample takes, and far less than one without a limit. */
const SOON_MS = 5_000;

function outcome(schema: unknown, root: JsonSchema = {}): unknown {
  const start = performance.now();
  try {
    return JSON.stringify(sample(root, schema));
  } catch (error) {
    return error;
  } finally {
    expect(performance.now() - start).toBeLessThan(SOON_MS);
  }
}

it.each<[string, unknown, JsonSchema?]>([
  ['a tree of itself', SELF, { N: TREE }],
  ['all of itself, many times', SELF, { N: { allOf: Array(9).fill(SELF) } }],
  ['lists of lists', SELF, { N: { type: 'array', minItems: 9, items: SELF } }],
  ['a reference to itself', SELF, { N: SELF }],
  ['a long reference, often', { type: 'array', minItems: 9_000, items: { $ref: `#/${'a/'.repeat(1e5)}` } }],
  ['a list of 1e9', { type: 'array', minItems: 1e9 }],
  ['a list without end', { type: 'array', minItems: Infinity }],
  ['a string of 1e12', { type: 'string', minLength: 1e12 }],
  ['long strings, often', { type: 'array', minItems: 9_000, items: { type: 'string', minLength: 1e5 } }],
  ['a length that is none', { minLength: { valueOf: null, toString: null } }],
  ['a string both longer and shorter', { minLength: 9, maxLength: 3 }],
  ['an empty enum', { enum: [] }],
  ['parts that are null', { allOf: [null] }],
  ['an option that is null', { anyOf: [null] }],
  ['an option that is a long text', { oneOf: ['x'.repeat(1e6)] }],
  ['items that are null', { type: 'array', minItems: 1, items: [] }],
  ['nothing at all', false],
  ['a number', 7],
  ['a name that is no string', { type: 'object', required: [{ toString: null }] }],
  ['no number', { type: 'number', minimum: Infinity }],
  ['a pattern of 1e9', { pattern: '^a{1000000000}$' }],
  ['a pattern of powers', { pattern: '(((((((a{99}){99}){99}){99}){99}){99}){99})' }],
  ['a pattern without end', { pattern: `a{${'9'.repeat(400)}}` }],
  ['a pattern in groups', { pattern: '('.repeat(1e5) }],
  ['a pattern with an open class', { pattern: '[' }],
])('there is no valid sample of %s', (_what, schema, root = {}) => {
  expect(outcome(schema, root)).toBeInstanceOf(NoSampleError);
});

it('there is no valid sample of what is nested too deep to be written', () => {
  for (const depth of [1e3, 1e5]) {
    const deep: unknown = JSON.parse('['.repeat(depth) + ']'.repeat(depth));
    expect(outcome({ example: deep }) instanceof NoSampleError).toBe(true);
    expect(outcome({ enum: [deep] }) instanceof NoSampleError).toBe(true);
  }
});

it.each<[string, unknown, unknown]>([
  ['everything', true, 'conformance'],
  ['a pattern that takes long to match', { pattern: '^(a+)+$' }, 'a'],
  ['what Object has by itself', { type: 'object', required: ['constructor'] }, { constructor: 'conformance' }],
  [
    'a required prototype',
    JSON.parse('{"type":"object","required":["__proto__"]}'),
    JSON.parse('{"__proto__":"conformance"}'),
  ],
  ['no parts at all', { allOf: [], type: 'integer' }, 1],
  ['an empty pattern, often', { pattern: '(){1000000000}' }, ''],
])('there is a valid sample of %s', (_what, schema, value) => {
  expect(JSON.parse(String(outcome(schema)))).toEqual(value);
});

/** The same sequence for the same seed, so that what it found is found again (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const KEYWORDS = [
  ...['type', 'properties', 'required', 'items', 'minItems', 'allOf', 'oneOf', 'anyOf', 'enum', 'const', 'example'],
  ...['examples', 'default', 'pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'multipleOf', 'format', '$ref'],
  ...['exclusiveMinimum', '__proto__', 'constructor', 'toString', 'valueOf', 'length', 'N'],
];
const TEXTS = [
  ...['object', 'array', 'integer', 'string', 'null', 'uuid', '#/N', '#/N/items', '#', '#/__proto__', '', 'toString'],
  ...['^(a|b){3}$', '[^', '(?<', '\\', 'a{1e9}', 'a{99999}', '(a{999}){999}', '[]', ')', '\ud800', '|'],
];
const NUMBERS = [0, 1, -1, 3, 0.5, 9_999, 1e6, 2e8, 1e12, -1e9, Infinity, Number.MAX_SAFE_INTEGER];

/** Something like a schema: keywords with what belongs to them, or with anything. */
function garbage(random: () => number, depth: number): unknown {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const some = (make: () => unknown) => Array.from({ length: Math.floor(random() * 5) }, make);
  const inner = () => garbage(random, depth + 1);
  const byKeyword: Readonly<Record<string, () => unknown>> = {
    type: () => pick(TEXTS.slice(0, 5)),
    required: () => some(() => pick(KEYWORDS)),
    properties: () => Object.fromEntries(some(() => [pick(KEYWORDS), inner()]) as [string, unknown][]),
    $ref: () => pick(['#/N', '#/M', '#/M/items', '#/N/properties/N']),
  };
  const kind = random();
  if (depth > 5 || kind < 0.15) return pick<unknown>([...TEXTS, ...NUMBERS, null, true, false]);
  if (kind < 0.25) return some(inner);
  const members = some(() => {
    const keyword = pick(KEYWORDS);
    const fitting = Object.hasOwn(byKeyword, keyword) && random() < 0.8 ? byKeyword[keyword] : undefined;
    const list = ['allOf', 'oneOf', 'anyOf', 'enum', 'examples'].includes(keyword) && random() < 0.8;
    return [keyword, fitting ? fitting() : list ? some(inner) : inner()];
  });
  return Object.fromEntries(members as [string, unknown][]);
}

it.each(Array.from({ length: 20 }, (_, seed) => seed))(
  'ends soon on any garbage, and never crashes: seed %i',
  (seed) => {
    const random = randomOf(seed);
    for (let round = 0; round < 200; round += 1) {
      const root = { N: garbage(random, 0), M: garbage(random, 1) };
      for (const schema of [garbage(random, 0), SELF]) {
        const found = outcome(schema, root);
        const fine = typeof found === 'string' || found instanceof NoSampleError;
        expect(fine ? 'fine' : { seed, round, root, schema, found }).toBe('fine');
      }
    }
  },
);
