/** The workflows as one file that the worker runs in its sandbox: built ahead for a quick start, or at start from source. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AppError } from '@graft/contracts';
import { bundleWorkflowCode, type BundleOptions, type WorkflowBundleOption } from '@temporalio/worker';

/** `workflows.js` beside the built main.js; absent when it runs from source. */
const prebuiltPath = (): string => fileURLToPath(new URL('./workflows.js', import.meta.url));

/** Beside this file when it runs from source; in the repository when it runs from `dist/apps/orchestrator`. */
const SOURCES = ['./workflows/index.ts', '../../../apps/orchestrator/src/workflows/index.ts'];

/**
 * Bundles the workflows from source (about two seconds).
 * @throws AppError `missing_prerequisite` when there is no source to bundle.
 */
export const buildWorkflowBundle = async (options: Pick<BundleOptions, 'logger'> = {}): Promise<{ code: string }> => {
  const paths = SOURCES.map((source) => fileURLToPath(new URL(source, import.meta.url)));
  const workflowsPath = paths.find((path) => existsSync(path));
  if (workflowsPath === undefined) {
    throw new AppError(
      'missing_prerequisite',
      `no workflows.js and no source of it: build first (looked at ${paths.join(', ')})`,
    );
  }
  return bundleWorkflowCode({ workflowsPath, ...options });
};

/** The bundle that was built beside this program, or else one made now. */
export const findWorkflowBundle = async (
  options: Pick<BundleOptions, 'logger'> = {},
): Promise<WorkflowBundleOption> => {
  const codePath = prebuiltPath();
  return existsSync(codePath) ? { codePath } : buildWorkflowBundle(options);
};
