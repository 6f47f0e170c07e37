/** The thread that looks at images for the orchestrator: see inspection/thread-inspector.ts. */
import { AppError } from '@graft/contracts';
import { createLocalInspector } from './inspection/image-inspector.js';
import type { InspectionReply, InspectionTask } from './inspection/thread-inspector.js';

const inspector = createLocalInspector();

const answer = async (task: InspectionTask): Promise<InspectionReply> => {
  if (task.kind === 'inspect') {
    return { kind: 'inspect', facts: await inspector.inspect(task.bytes, task.sha256) };
  }
  return { kind: 'thumbnail', picture: await inspector.thumbnail(task.bytes) };
};

export default (task: InspectionTask): Promise<InspectionReply> =>
  answer(task).catch((thrown: unknown) => {
    if (!(thrown instanceof AppError)) throw thrown;
    const { code, message, details } = thrown;
    return { kind: 'failed', code, message, details };
  });
