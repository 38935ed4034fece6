import { startWithSteps } from '../src/testing/steps.ts';
import { sample, SampleModule } from './fixtures/sample.app.ts';

describe('startWithSteps', () => {
  afterEach(() => {
    process.env.NODE_ENV = 'test';
  });

  it('is refused in production', () => {
    process.env.NODE_ENV = 'production';
    expect(() => startWithSteps([], SampleModule, sample, {})).toThrow(/not for production/);
  });

  it('refuses a step that does not exist', () => {
    expect(() => startWithSteps(['headers'], SampleModule, sample, {})).toThrow('there is no step headers');
  });
});
