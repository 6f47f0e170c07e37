/**
 * Loads a model, runs it on nothing, and ends: a replica has this done before it does the same (models/trial-load.ts). An error is no news,
 * since the replica meets it too and tells it better; what counts is whether this process lives to its end.
 *
 *   node load-process.js FILE INPUT_LENGTH MAX_BATCH THREADS
 */
import { readFile } from 'node:fs/promises';
import { loadOnnxModel } from '@graft/models';

const [, , file = '', ...numbers] = process.argv;
const [inputLength = 1, maxBatch = 1, threads = 1] = numbers.map(Number);

const run = async (): Promise<void> => {
  const runtime = await loadOnnxModel(new Uint8Array(await readFile(file)), { threads });
  for (const batch of new Set([1, maxBatch])) await runtime.run(new Float32Array(batch * inputLength), batch);
  await runtime.dispose();
};

run().then(
  () => process.exit(0),
  () => process.exit(0),
);
