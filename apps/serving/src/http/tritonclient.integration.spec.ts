/** tritonclient, Triton's own client, calls serving unchanged. */
import { fileURLToPath } from 'node:url';
import { graftPaths } from '@graft/platform';
import { findTritonclientPython, runCommand } from '@graft/tools';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Fixture } from '../testing/fixture.js';
import { serveColours } from '../testing/serve-colours.js';
import { LABELS, SIZE } from '../testing/tiny-model.js';

const CALLS = fileURLToPath(new URL('../testing/tritonclient-calls.py', import.meta.url));

const python = await findTritonclientPython({ cacheDir: graftPaths().cacheDir });
if (python === null) {
  process.stderr.write(
    'skipped: tritonclient is not in the cache; `./graft test` installs it, or says why it cannot\n',
  );
}

const IMAGE = [3, SIZE, SIZE];
const INPUTS = [{ name: 'input', shape: [-1, ...IMAGE], datatype: 'FP32' }];
const OUTPUTS = ['logits', 'probabilities'].map((name) => ({ name, shape: [-1, 3], datatype: 'FP32' }));

(python === null ? describe.skip : describe)('tritonclient', () => {
  let fixture: Fixture;
  let said: Record<string, unknown>;

  beforeAll(async () => {
    const { url, ...served } = await serveColours();
    ({ fixture } = served);
    if (python === null) return;
    const printed = await runCommand(python.command, [CALLS, new URL(url).host, `${SIZE}`], { env: python.env });
    said = JSON.parse(printed) as Record<string, unknown>;
  });
  afterAll(() => fixture.dispose());

  it('finds the server and its models', () => {
    expect(said).toMatchObject({
      ...{ live: true, ready: true, model_ready: true, version_ready: true, unknown_model_ready: false },
      server: { name: 'graft', extensions: ['model_repository', 'binary_tensor_data'] },
      model: { name: 'colours', versions: ['2', '1'], inputs: INPUTS, outputs: OUTPUTS, labels: [...LABELS] },
      version: { name: 'colours', versions: ['1'], inputs: INPUTS, outputs: OUTPUTS },
      index: [
        { name: 'colours', version: '2', state: 'READY' },
        { name: 'colours', version: '1', state: 'READY' },
      ],
    });
  });

  it('infers batches, in JSON and as binary data, in both directions', () => {
    const red = [0, 4, 0];
    const batch = [red, [0, 0, 0], red];
    expect(said['logits']).toEqual({
      'binary in, binary out': batch,
      'binary in, json out': batch,
      'json in, binary out': batch,
      'json in, json out': batch,
    });
    expect(said).toMatchObject({
      old_version: [[4, 0, 0]],
      async: [red],
      compressed: { gzip: [red], deflate: [red] },
      all: {
        response: {
          id: 'mine',
          model_name: 'colours',
          model_version: '2',
          outputs: OUTPUTS.map(({ name }) => ({ name, shape: [1, 3], parameters: { binary_data_size: 12 } })),
        },
        logits: [red],
        sum: expect.closeTo(1, 6) as unknown,
      },
    });
  });

  it('is told what was wrong', () => {
    const error = (status: number, message: RegExp): object => ({
      status: `${status}`,
      message: expect.stringMatching(message) as unknown,
    });
    expect(said['errors']).toEqual({
      shape: error(400, /expected FP32 \[n, 3, 8, 8\], got FP32 \[1, 8, 8, 3\]/),
      'too many': error(400, /expected 1 to 32 images, got 33/),
      datatype: error(400, /got FP64/),
      input: error(400, /expected one input, input; got image/),
      output: error(400, /no output features; this model has logits, probabilities/),
      model: error(404, /no model nothing is served here/),
      version: error(404, /version 7 of colours is not loaded here/),
      metadata: error(404, /no model nothing is served here/),
    });
  });
});
