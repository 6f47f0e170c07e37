/**
 * An ONNX model as a contestant of a bench, run as serving and embedding run it. One JSON object a line over standard input
 * and output.
 *
 *   node model-bench-process.js '{"model":"int8.onnx","inputs":"inputs.f32","batch":8,"images":128}'
 *
 * `inputs`: float32 rows, taken in turn. A round is as many runs of `batch` rows as make `images`.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { loadOnnxModel, onnxruntimeVersion } from '@graft/models';
import { z } from 'zod';
import { defaultThreads } from './dependencies.js';

const say = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);

const { model, inputs, batch, images } = z
  .object({
    ...{ model: z.string(), inputs: z.string() },
    ...{ batch: z.int().positive(), images: z.int().positive() },
  })
  .parse(JSON.parse(process.argv[2] ?? ''));

const threads = defaultThreads();
const runtime = await loadOnnxModel(await readFile(model), { threads });
const values = new Float32Array(Uint8Array.from(await readFile(inputs)).buffer);
const length = runtime.signature.input.shape.slice(1).reduce((product, size) => product * size, 1);
const batches = Array.from({ length: Math.floor(values.length / length / batch) }, (_, at) =>
  values.subarray(at * batch * length, (at + 1) * batch * length),
);
const runs = Math.ceil(images / batch);
const [firstOutput] = runtime.signature.outputs;

/** The first output for every input, row by row. */
const answers = async (): Promise<Uint8Array> => {
  const parts: Buffer[] = [];
  for (const rows of batches) {
    const found = (await runtime.run(rows, batch))[firstOutput?.name ?? ''] ?? new Float32Array();
    parts.push(Buffer.from(found.buffer, found.byteOffset, found.byteLength));
  }
  return Buffer.concat(parts);
};

say({ ready: true, about: { onnxruntime: onnxruntimeVersion(), threads, batch } });
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as { save?: string };
  if (request.save !== undefined) {
    await writeFile(request.save, await answers());
    say({ saved: true });
    continue;
  }
  const startedMs = performance.now();
  for (let run = 0; run < runs; run += 1) await runtime.run(batches[run % batches.length] ?? new Float32Array(), batch);
  say({ seconds: (performance.now() - startedMs) / 1000, units: runs * batch });
}
await runtime.dispose();
process.exit(0);
