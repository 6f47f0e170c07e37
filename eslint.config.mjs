import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** A workflow and what it imports must be deterministic: nothing of node, nothing of the outside. */
const WORKFLOW_BANS = {
  patterns: [
    {
      group: ['node:*', 'fs', 'path', 'crypto', 'os', 'child_process'],
      message: 'A workflow only decides: no node module can be imported here.',
    },
    {
      group: ['@graft/*', '!@graft/contracts'],
      message: 'A workflow imports @graft/contracts alone; activities come in as types.',
    },
    {
      group: ['@temporalio/client', '@temporalio/worker', '@temporalio/activity'],
      message: 'Only @temporalio/workflow and @temporalio/common belong in a workflow.',
    },
  ],
};

/** Domain code speaks through ports; vendors are for adapters and apps. */
const DOMAIN_BANS = {
  patterns: [
    {
      group: ['minio', '@prisma/*', 'pg', 'fastify', '@fastify/*', '@temporalio/*'],
      message: 'Vendor clients belong behind a port, in an adapter or an app.',
    },
  ],
};

export default tseslint.config(
  { ignores: ['**/dist', '**/node_modules', '**/generated', '**/coverage', 'tools/bench/peers'] },
  ...tseslint.configs.recommended,
  { plugins: { '@nx': nx } },
  {
    files: ['**/*.ts', '**/*.tsx', '**/*.mjs'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-syntax': ['error', { selector: 'ExportAllDeclaration', message: 'index.ts re-exports by name.' }],
    },
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          allow: [],
          // The bench frame is loaded when a bench is run; the rest of tools always is.
          checkDynamicDependenciesExceptions: ['@graft/tools'],
          depConstraints: [
            { sourceTag: 'type:contracts', onlyDependOnLibsWithTags: ['type:contracts'] },
            { sourceTag: 'type:foundation', onlyDependOnLibsWithTags: ['type:contracts'] },
            { sourceTag: 'type:domain', onlyDependOnLibsWithTags: ['type:contracts', 'type:foundation'] },
            { sourceTag: 'type:adapter', onlyDependOnLibsWithTags: ['type:contracts', 'type:domain', 'type:adapter'] },
            {
              sourceTag: 'type:app',
              onlyDependOnLibsWithTags: ['type:contracts', 'type:domain', 'type:adapter', 'type:tools'],
            },
            { sourceTag: 'type:tools', onlyDependOnLibsWithTags: ['type:contracts', 'type:adapter', 'type:tools'] },
            {
              sourceTag: 'type:e2e',
              onlyDependOnLibsWithTags: ['type:contracts', 'type:domain', 'type:adapter', 'type:tools'],
            },
          ],
        },
      ],
    },
  },
  {
    files: ['contracts', 'images', 'models', 'data'].map((lib) => `libs/${lib}/src/**/*.ts`),
    rules: { 'no-restricted-imports': ['error', DOMAIN_BANS] },
  },
  {
    files: ['apps/orchestrator/src/workflows/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: { 'no-restricted-imports': ['error', WORKFLOW_BANS] },
  },
  {
    files: ['libs/contracts/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [...DOMAIN_BANS.patterns, WORKFLOW_BANS.patterns[0]] }] },
  },
  prettier,
);
