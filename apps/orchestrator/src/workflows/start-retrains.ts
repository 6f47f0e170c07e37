/** Starts retrain workflows that outlive whoever starts them. */
import { retrainWorkflowId, type RetrainIdentityWithDigest } from '@graft/contracts';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { log, ParentClosePolicy, startChild, WorkflowIdReusePolicy } from '@temporalio/workflow';
import { retrain } from './retrain.js';

/**
 * One workflow for each identity, whichever of several starters comes first. An identity that ran before is not run
 * again, even where it failed: another attempt has another number.
 */
export const startRetrains = async (identities: readonly RetrainIdentityWithDigest[]): Promise<void> => {
  for (const identity of identities) {
    const workflowId = retrainWorkflowId(identity);
    try {
      await startChild(retrain, {
        workflowId,
        args: [identity],
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      });
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      log.info('retrain was started before', { workflowId });
    }
  }
};
