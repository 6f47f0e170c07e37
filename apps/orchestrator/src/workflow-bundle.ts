/** The workflows as one file that the worker runs in its sandbox: built ahead for a quick start, or at start from source. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type BundleOptions, type WorkflowBundleOption } from '@temporalio/worker';

/** `workflows.js` beside the built main.js; absent when it runs from source. */
const prebuiltPath = (): string => fileURLToPath(new URL('./workflows.js', import.meta.url));

/** Bundles the workflows from source (about two seconds). */
export const buildWorkflowBundle = (options: Pick<BundleOptions, 'logger'> = {}): Promise<{ code: string }> =>
  bundleWorkflowCode({ workflowsPath: fileURLToPath(new URL('./workflows/index.ts', import.meta.url)), ...options });

/** The bundle that was built beside this program, or else one made now. */
export const findWorkflowBundle = async (): Promise<WorkflowBundleOption> => {
  const codePath = prebuiltPath();
  return existsSync(codePath) ? { codePath } : buildWorkflowBundle();
};
