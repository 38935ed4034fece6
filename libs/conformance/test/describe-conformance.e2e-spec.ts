// The one line of a generated service's tests, on the good fixture: each check is a test of its own.
import { describeConformance } from '../src/jest.ts';
import { startFixture } from './fixtures/fixture.server.ts';
import { programArgv } from './fixtures/start.program.ts';

const command = { argv: programArgv('./process.program.ts'), env: { NODE_OPTIONS: '' } };
describeConformance(() => startFixture(), { command });

it('refuses an exception for a check that there is not', () => {
  expect(() => describeConformance(() => startFixture(), { except: { 'no-such-check': 'reason' } })).toThrow(
    /no-such-check/,
  );
});
