/** EfficientNet-lite0 with its real weights, and real photos where this machine has them. For tests alone. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findBackbone } from '../catalog/catalog.js';
import { readCheckpoint } from '../checkpoint/read-checkpoint.js';
import type { BackboneSource } from '../onnx/build-embedder.js';
import { resolveWeights } from '../weights/resolve-weights.js';

/** Where `./graft` keeps its cache, so that weights are fetched once for both. */
const cacheDir = (): string => {
  const { GRAFT_CACHE_DIR: own, XDG_CACHE_HOME: xdg } = process.env;
  if (own !== undefined && own !== '') return own;
  if (xdg !== undefined && xdg !== '') return join(xdg, 'graft');
  return process.getuid?.() === 0 ? '/var/cache/graft' : join(homedir(), '.cache', 'graft');
};

export const loadLite0 = async (): Promise<BackboneSource> => {
  const backbone = findBackbone('efficientnet_lite0');
  const { path } = await resolveWeights(backbone.weights, {
    cacheDir: cacheDir(),
    expectedDigest: backbone.weightsDigest,
  });
  return { backbone, checkpoint: readCheckpoint(await readFile(path)) };
};

const PHOTOS = fileURLToPath(new URL('../../../../../shared/data/hymenoptera/', import.meta.url));

/** A photo of the hymenoptera set, or null where the set isn't. */
export const findPhoto = (path: string): string | null => (existsSync(join(PHOTOS, path)) ? join(PHOTOS, path) : null);
