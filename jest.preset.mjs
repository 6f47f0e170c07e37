/**
 * The jest configuration that every project shares.
 * ESM throughout; swc transforms; the environment lends native addons the realm's own typed arrays.
 */
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Ends a test that hangs; nothing is judged by the clock, and other work may share the machine. */
export const TEST_TIMEOUT_MS = 300_000;

/** @param {string} displayName @returns {import('jest').Config} */
export const jestProject = (displayName, overrides = {}) => ({
  displayName,
  testTimeout: TEST_TIMEOUT_MS,
  testEnvironment: here('jest.environment.mjs'),
  testMatch: ['<rootDir>/src/**/*.spec.ts'],
  // What takes long runs with --soak alone.
  testPathIgnorePatterns: ['/node_modules/', ...(process.env.GRAFT_SOAK ? [] : ['\\.soak\\.spec\\.ts$'])],
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        module: { type: 'es6' },
        jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
        sourceMaps: 'inline',
      },
    ],
  },
  // Only third-party packages are left alone: a workspace package is TypeScript source.
  transformIgnorePatterns: ['/node_modules/(?!@graft/)'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': ['$1', '$1.js'] },
  ...overrides,
});
