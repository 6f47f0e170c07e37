/** Every architecture by its name. A new family is a folder here and one more line in this list. */
import { AppError } from '@graft/contracts';
import type { Architecture } from './architecture.js';
import { EFFICIENTNET_LITE } from './efficientnet-lite/efficientnet-lite.js';
import { MOBILENET_V2 } from './mobilenet-v2/mobilenet-v2.js';
import { MOBILENET_V3 } from './mobilenet-v3/mobilenet-v3.js';
import { RESNET } from './resnet/resnet.js';
import { VGG } from './vgg/vgg.js';

export const ARCHITECTURES: readonly Architecture[] = [
  ...EFFICIENTNET_LITE,
  ...RESNET,
  ...VGG,
  ...MOBILENET_V2,
  ...MOBILENET_V3,
];

/** @throws AppError `not_found` that lists the architectures there are. */
export const findArchitecture = (name: string): Architecture => {
  const found = ARCHITECTURES.find((architecture) => architecture.name === name);
  if (found !== undefined) return found;
  const known = ARCHITECTURES.map((architecture) => architecture.name);
  throw new AppError('not_found', `there is no architecture "${name}"; there are: ${known.join(', ')}`, {
    details: { name, known },
  });
};
