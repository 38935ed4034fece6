import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const swc = JSON.parse(readFileSync(new URL('./.swcrc', import.meta.url), 'utf8'));
delete swc.$schema;
swc.swcrc = false; // one .swcrc for the whole workspace

export default {
  testEnvironment: 'node',
  testTimeout: 30_000,
  // files at once, where one project has the machine for itself: most of a service's tests wait
  ...(process.env.GATEHOUSE_TEST_WORKERS && { maxWorkers: Number(process.env.GATEHOUSE_TEST_WORKERS) }),
  forceExit: true, // what a failed test left open must not keep the command from ending
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', swc] },
  setupFiles: [fileURLToPath(new URL('./jest.setup.mjs', import.meta.url))],
  testMatch: ['<rootDir>/{src,test}/**/*.{spec,e2e-spec}.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json', 'node'],
  testEnvironmentOptions: { customExportConditions: ['@gatehouse/source', 'node', 'default'] },
  coverageDirectory: 'coverage',
  coverageProvider: 'v8',
};
