import { samplePattern } from './pattern.sampler.ts';
import { sample, type JsonSchema } from './schema.sampler.ts';

const of = (schema: JsonSchema, root: JsonSchema = {}) => sample(root, schema);

describe('samplePattern', () => {
  it.each([
    '^[A-Z]{3}$',
    '^acc_[0-9a-f]{32}$',
    '^(?:red|green)-\\d+\\.\\w{2,4}$',
    '^[^a-z]x?y*$',
    '^(?=a)a(b|c){2}\\/$',
    '^[\\w.-]+@example\\.com$',
    '^([0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-8][0-9a-fA-F]{3}|0{8})$',
  ])('spells out %s', (pattern) => expect(samplePattern(pattern)).toMatch(new RegExp(pattern)));
});

describe('sample', () => {
  it('fills in what is required, and nothing else', () => {
    const properties = { name: { type: 'string' }, note: { type: 'string' } };
    expect(of({ type: 'object', required: ['name'], properties })).toEqual({ name: 'conformance' });
  });

  it('follows references, also inside of arrays', () => {
    const root = { components: { schemas: { Money: { type: 'integer', minimum: 5 } } } };
    expect(of({ type: 'array', minItems: 2, items: { $ref: '#/components/schemas/Money' } }, root)).toEqual([5, 5]);
  });

  it('ends in a schema that contains itself', () => {
    const root = { node: { type: 'object', required: ['next'], properties: { next: { $ref: '#/node' } } } };
    expect(JSON.stringify(of({ $ref: '#/node' }, root))).toContain('null');
  });

  it.each<[JsonSchema, unknown]>([
    [{ const: 7 }, 7],
    [{ enum: ['EUR', 'USD'] }, 'EUR'],
    [{ type: 'string', examples: ['shown'] }, 'shown'],
    [{ anyOf: [{ type: 'boolean' }, { type: 'null' }] }, true],
    [
      {
        allOf: [
          { properties: { a: { const: 1 } }, required: ['a'] },
          { properties: { b: { const: 2 } }, required: ['b'] },
        ],
      },
      { a: 1, b: 2 },
    ],
    [{ type: 'integer', exclusiveMinimum: 0, maximum: 9_007_199_254_740_991 }, 1],
    [{ type: 'integer', maximum: -3 }, -3],
    [{ type: 'number', minimum: 1, multipleOf: 0.5 }, 1],
    [{ type: ['string', 'null'], maxLength: 4 }, 'conf'],
    [{ type: 'string', minLength: 14 }, 'conformancexxx'],
    [{ type: 'string', format: 'email' }, 'conformance@example.com'],
  ])('finds a value for %j', (schema, value) => expect(of(schema)).toEqual(value));

  it('makes a new UUID each time, so that an idempotency key is never repeated', () => {
    const schema = { type: 'string', format: 'uuid' };
    expect(of(schema)).not.toBe(of(schema));
  });
});
