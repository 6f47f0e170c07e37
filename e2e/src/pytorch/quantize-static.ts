/** What Python's onnxruntime makes of our ONNX models: its quantizer, ONNX's checker, its runtime. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { runPython } from './run-python.js';

/** What quantize_static.py is asked for. Images are safetensors with `images` [n, 3, size, size]. */
export type QuantizationRequest =
  | {
      readonly kind: 'images';
      readonly seed: number;
      readonly count: number;
      readonly size: number;
      readonly path: string;
    }
  | {
      readonly kind: 'quantize';
      readonly model: string;
      readonly calibration: string;
      readonly images: readonly string[];
    }
  | { readonly kind: 'run'; readonly model: string; readonly images: string; readonly output: string };

const answerSchema = z.object({
  error: z.string().optional(),
  /** ‖int8 − float32‖ / ‖float32‖ of the logits of each file of images. */
  errors: z.array(z.number()).optional(),
});

export type QuantizationAnswer = z.infer<typeof answerSchema>;

/** One answer a request, from one process. */
export const askQuantizer = async (
  requests: readonly QuantizationRequest[],
  folder: string,
): Promise<readonly QuantizationAnswer[]> => {
  const list = join(folder, 'quantization.json');
  await writeFile(list, JSON.stringify(requests));
  return z.array(answerSchema).parse(await runPython('quantize_static.py', [list]));
};
