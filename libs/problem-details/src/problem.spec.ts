import { BadRequestException, NotFoundException } from '@nestjs/common';
import { defineProblems, problemBody, ProblemError, problemTypes, toProblemError } from './index.ts';

describe('toProblemError', () => {
  it('answers 500 without a word of why to an error that nobody meant for the caller', () => {
    const problem = toProblemError(new Error('password=hunter2'));
    expect(problem).toMatchObject({ code: 'internal', detail: undefined });
    expect(JSON.stringify(problem.getResponse())).not.toContain('hunter2');
  });

  it('answers 500 to what is no error at all', () => {
    for (const thrown of [undefined, null, 'text', 42, { statusCode: 'x' }])
      expect(toProblemError(thrown).code).toBe('internal');
  });

  it('keeps the detail of an HttpException below 500, by its status', () => {
    expect(toProblemError(new NotFoundException('No such account'))).toMatchObject({
      code: 'not-found',
      detail: 'No such account',
    });
    expect(toProblemError(new BadRequestException()).code).toBe('bad-request');
  });

  it('knows what the framework refuses', () => {
    const refused = Object.assign(new Error('x'), { code: 'FST_ERR_CTP_BODY_TOO_LARGE', statusCode: 413 });
    expect(toProblemError(refused).code).toBe('body-too-large');
    expect(toProblemError(Object.assign(new Error('x'), { code: 'HPE_HEADER_OVERFLOW' })).code).toBe(
      'headers-too-large',
    );
  });
});

describe('defineProblems', () => {
  it('adds a code that is then answered with its status', () => {
    defineProblems({ 'test-only-code': { status: 409, title: 'Test', remedy: 'None.', logLevel: 'info' } });
    expect(new ProblemError('test-only-code').getStatus()).toBe(409);
    expect(problemBody('test-only-code')).toMatchObject({ type: 'urn:gatehouse:problem:test-only-code', status: 409 });
  });

  it('refuses a code that means something else already', () => {
    const taken = { 'not-found': { status: 410, title: 'Gone', remedy: '', logLevel: 'info' as const } };
    expect(() => defineProblems(taken)).toThrow('is taken');
  });

  it('refuses a malformed code and a status that is no error', () => {
    const row = { title: 'x', remedy: '', logLevel: 'info' as const };
    expect(() => defineProblems({ Not_Kebab: { ...row, status: 400 } })).toThrow('kebab-case');
    expect(() => defineProblems({ fine: { ...row, status: 200 } })).toThrow('400–599');
  });
});

it('every code has a remedy for the caller', () => {
  for (const [code, type] of problemTypes())
    if (code !== 'test-only-code') expect([code, type.remedy.length > 10]).toEqual([code, true]);
});
