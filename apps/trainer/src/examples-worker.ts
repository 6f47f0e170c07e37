/**
 * Decodes images for the training process, in a thread of its own: a step of TensorFlow blocks the event loop that runs
 * it, and reading, decoding and colouring take turns of one. Started by worker-examples.ts.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { toAppError } from '@graft/contracts';
import { imageExamples, type Examples } from '@graft/models';
import type { ExamplesReply, ExamplesRequest, ExampleSets } from './train/worker-examples.js';

const sets = new Map<string, Examples>(
  Object.entries(workerData as ExampleSets).map(([name, options]) => [name, imageExamples(options)]),
);

const answer = async ({ set, rows, epoch }: ExamplesRequest): Promise<Float32Array> => {
  const examples = sets.get(set);
  if (examples === undefined) throw new RangeError(`there are no examples "${set}"`);
  return examples.read(rows, epoch);
};

const reply = (message: ExamplesReply, transferred: ArrayBuffer[] = []): void =>
  parentPort?.postMessage(message, transferred);

parentPort?.on('message', (request: ExamplesRequest) => {
  answer(request).then(
    (values) => reply({ id: request.id, values }, [values.buffer as ArrayBuffer]),
    (thrown: unknown) => {
      const { code, message, details } = toAppError(thrown);
      reply({ id: request.id, error: { code, message, details } });
    },
  );
});
