/** Temporal's own servers for tests: one that skips time, and the development server. */
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { testServerPath, devServerPath } from './binaries.js';

export const startTimeSkippingServer = async (): Promise<TestWorkflowEnvironment> =>
  TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path: await testServerPath() } },
  });

/** With `dynamicConfig` as the server's own settings (`name=value`). */
export const startDevServer = async (dynamicConfig: readonly string[] = []): Promise<TestWorkflowEnvironment> =>
  TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: await devServerPath() },
      extraArgs: dynamicConfig.flatMap((setting) => ['--dynamic-config-value', setting]),
    },
  });
