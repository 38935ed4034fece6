import { ProblemError } from '@gatehouse/problem-details';
import { z } from 'zod';
import { SchemaPipe } from './schema.pipe.ts';

const schema = z.strictObject({ amount: z.int().positive(), 'a/b': z.string().optional() });
const refusal = (run: () => unknown): ProblemError => {
  try {
    run();
  } catch (error) {
    return error as ProblemError;
  }
  throw new Error('not refused');
};

describe('SchemaPipe', () => {
  const pipe = new SchemaPipe();

  it('hands on what fits', () => {
    expect(pipe.transform({ amount: 1 }, { type: 'body', schema })).toEqual({ amount: 1 });
  });

  it('refuses an unknown field and names it', () => {
    const error = refusal(() => pipe.transform({ amount: 1, admin: true }, { type: 'body', schema }));
    expect(error.code).toBe('validation-failed');
    expect(JSON.stringify(error.errors)).toContain('admin');
  });

  it('points at the wrong field by RFC 6901, and never repeats the value', () => {
    const error = refusal(() => pipe.transform({ amount: 1, 'a/b': 4242 }, { type: 'body', schema }));
    expect(error.errors?.[0]?.pointer).toBe('#/a~1b');
    expect(JSON.stringify(error.errors)).not.toContain('4242');
  });

  it('answers 404 to a path parameter that cannot name anything', () => {
    const error = refusal(() => pipe.transform('x', { type: 'param', data: 'id', schema: z.uuid() }));
    expect(error.getStatus()).toBe(404);
  });

  it('lists at most twenty fields', () => {
    const many = z.strictObject({ list: z.array(z.string()) });
    const error = refusal(() => pipe.transform({ list: Array(100).fill(0) }, { type: 'body', schema: many }));
    expect(error.errors).toHaveLength(20);
  });
});
