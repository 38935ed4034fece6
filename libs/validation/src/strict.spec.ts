import { z } from 'zod';
import { looseObjects } from './strict.ts';

describe('looseObjects', () => {
  it('finds nothing in a strict schema, nested or not', () => {
    expect(looseObjects(z.strictObject({ a: z.array(z.strictObject({ b: z.string() })) }))).toEqual([]);
  });

  it('names an object that drops unknown fields silently', () => {
    expect(looseObjects(z.object({ a: z.string() }))).toEqual(['#']);
  });

  it('names a loose object inside a strict one', () => {
    expect(looseObjects(z.strictObject({ inner: z.looseObject({}) }))).toEqual(['#/properties/inner']);
  });

  it('accepts a declared map', () => {
    expect(looseObjects(z.strictObject({ labels: z.record(z.string(), z.string()) }))).toEqual([]);
  });

  it('does not take a field that is named like a keyword for one', () => {
    expect(looseObjects(z.strictObject({ enum: z.object({}) }))).not.toEqual([]);
  });
});
