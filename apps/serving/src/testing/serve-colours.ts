/** A replica that serves version 2 of `colours`, with version 1 kept loaded. */
import { deploymentOf } from './fake-registry.js';
import { createFixture, eventually, type Fixture } from './fixture.js';
import type { ServingOptions } from '../start-serving.js';
import { SIZE } from './tiny-model.js';

/** Numbers in one image's tensor. */
export const IMAGE_LENGTH = 3 * SIZE * SIZE;

/** One image's tensor, all red. */
export const redTensor = (): Float32Array => new Float32Array(IMAGE_LENGTH).fill(1, 0, SIZE * SIZE);

export const serveColours = async (
  overrides: Partial<ServingOptions> = {},
): Promise<{ readonly fixture: Fixture; readonly url: string }> => {
  const fixture = await createFixture();
  const target = await fixture.publish({ model: 'colours', version: 2 });
  const previous = await fixture.publish({ model: 'colours', version: 1 });
  fixture.registry.desire({ deployments: [deploymentOf({ model: 'colours', generation: 4, target, previous })] });
  const { url } = await fixture.start(overrides);
  await eventually(async () => (await fetch(`${url}/v2/models/colours/versions/1`)).ok);
  return { fixture, url };
};

/** A body of the binary tensor data extension, and its headers. */
export const binaryRequest = (
  head: object,
  tail: Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): { readonly body: Buffer; readonly headers: Record<string, string> } => {
  const json = Buffer.from(JSON.stringify(head));
  return {
    body: Buffer.concat([json, tail]),
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(json.length),
      ...headers,
    },
  };
};
