/**
 * Training steps as a contestant of the bench `train`: the compiled graph that fine-tuning runs, on a batch of random images.
 * One JSON object a line over standard input and output.
 *
 *   node train-bench-process.js '{"network":"resnet18","size":128,"batch":32,"classes":10,"steps":1,"precision":"float"}'
 */
import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { findArchitecture, loadTensorFlow } from '@graft/models';
import { compileTraining, initializeWeights, initialState, openTrainingSession } from '@graft/models/training-graph';
import { z } from 'zod';

const { network, size, batch, classes, steps, precision } = z
  .object({
    network: z.string(),
    size: z.int().positive(),
    batch: z.int().positive(),
    classes: z.int().positive(),
    /** In a round. */
    steps: z.int().positive(),
    precision: z.enum(['float', 'bfloat16']),
  })
  .parse(JSON.parse(process.argv[2] ?? ''));

const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

const graph = findArchitecture(network).graph({ height: size, width: size, classes });
const training = compileTraining({
  graph,
  precision,
  optimizer: { kind: 'sgd', momentum: 0.9, nesterov: false, weightDecay: 0 },
});
const session = await openTrainingSession(training);
session.assign(initialState(training, { graph, weights: initializeWeights(graph, 1) }));

/** Uniform with a deviation of 1: what the pixels are doesn't matter to the time. */
const values = Float32Array.from({ length: batch * size * size * 3 }, () => (Math.random() - 0.5) * Math.sqrt(12));
const labels = Float32Array.from({ length: batch * classes }, (_, at) =>
  at % classes === Math.floor(at / classes) % classes ? 1 : 0,
);
const losses: number[] = [];

const runRound = (): number => {
  for (let step = 0; step < steps; step += 1) {
    const { loss } = session.step({
      input: { values, shape: [batch, size, size, 3] },
      labels: { values: labels, shape: [batch, classes] },
      weights: new Float32Array(batch).fill(1),
      scalars: { learningRate: 0.01 },
    });
    losses.push(loss);
  }
  return steps * batch;
};

say({
  ready: true,
  about: { tensorflow: loadTensorFlow().version, threads: availableParallelism(), network, size, batch, precision },
});
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as { save?: string };
  if (request.save !== undefined) {
    await writeFile(request.save, JSON.stringify(losses));
    say({ saved: true });
    continue;
  }
  const startedMs = performance.now();
  const units = runRound();
  say({ seconds: (performance.now() - startedMs) / 1000, units });
}
session.dispose();
process.exit(0);
