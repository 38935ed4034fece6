import { fileURLToPath } from 'node:url';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

export default {
  testEnvironment: here('./jest.environment.mjs'),
  runtime: here('./jest.realm.mjs'),
  testTimeout: 30_000,
  // files at once, where one project has the machine for itself: most of a service's tests wait
  ...(process.env.GATEHOUSE_TEST_WORKERS && { maxWorkers: Number(process.env.GATEHOUSE_TEST_WORKERS) }),
  forceExit: true, // what a failed test left open must not keep the command from ending
  transform: {},
  setupFiles: [here('./jest.setup.mjs')],
  testMatch: ['<rootDir>/{src,test}/**/*.{spec,e2e-spec}.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json', 'node'],
  coverageDirectory: 'coverage',
  coverageProvider: 'v8',
};
