/** Every project's tests in one run (`./graft test`); `nx test <project>` runs one. */
/** @type {import('jest').Config} */
export default {
  projects: ['<rootDir>/libs/*', '<rootDir>/apps/*', '<rootDir>/tools', '<rootDir>/e2e'],
};
