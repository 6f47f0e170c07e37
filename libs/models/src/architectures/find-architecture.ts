/** Every architecture by its name. A new family is a folder here and one more line in this list. */
import { AppError } from '@graft/contracts';
import type { Architecture } from './architecture.js';
import { customEfficientNetNamed } from './efficientnet/custom.js';
import { EFFICIENTNET } from './efficientnet/efficientnet.js';
import { EFFICIENTNET_LITE } from './efficientnet-lite/efficientnet-lite.js';
import { MOBILENET_V2 } from './mobilenet-v2/mobilenet-v2.js';
import { MOBILENET_V3 } from './mobilenet-v3/mobilenet-v3.js';
import { RESNET } from './resnet/resnet.js';
import { VGG } from './vgg/vgg.js';

export const ARCHITECTURES: readonly Architecture[] = [
  ...EFFICIENTNET,
  ...EFFICIENTNET_LITE,
  ...RESNET,
  ...VGG,
  ...MOBILENET_V2,
  ...MOBILENET_V3,
];

/**
 * The architecture of that name: one of the list, or an EfficientNet of one's own scale (`efficientnet_phi1.5`,
 * `efficientnet_w1.1_d1.2_r260`).
 * @throws AppError `not_found` that lists the architectures there are, `invalid_request` for a scale that there isn't.
 */
export const findArchitecture = (name: string): Architecture => {
  const found = ARCHITECTURES.find((architecture) => architecture.name === name) ?? customEfficientNetNamed(name);
  if (found !== null) return found;
  const known = ARCHITECTURES.map((architecture) => architecture.name);
  throw new AppError(
    'not_found',
    `there is no architecture "${name}"; there are: ${known.join(', ')}, and efficientnet_phi<φ> for a scale of your own`,
    { details: { name, known } },
  );
};
