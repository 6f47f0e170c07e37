/** Every project's tests in one run (`./graft test`); `nx test <project>` runs one. */
import { TEST_TIMEOUT_MS } from './jest.preset.mjs';

/** @type {import('jest').Config} */
export default {
  projects: ['<rootDir>/libs/*', '<rootDir>/apps/*', '<rootDir>/tools', '<rootDir>/e2e'],
  testTimeout: TEST_TIMEOUT_MS,
};
