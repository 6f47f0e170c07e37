/**
 * A file of a model repository on the Hugging Face hub, or on a mirror that HF_ENDPOINT names. The hub's client says which
 * commit and which file is meant; its bytes come by the same way as any other download.
 */
import { basename, join } from 'node:path';
import { AppError } from '@graft/contracts';
import type { PathInfo } from '@huggingface/hub';
import type { WeightsReference } from '../weights-reference.js';
import type { WeightsSource } from '../weights-source.js';
import { downloadFile } from './download-file.js';
import { createHub, type Hub } from './hub.js';

/** What model repositories keep their weights in, the better first. */
const DEFAULT_PATHS = ['model.safetensors', 'pytorch_model.bin'] as const;
const COMMIT = /^[0-9a-f]{40}$/;
const SHA256 = /^[0-9a-f]{64}$/;
const NAMED = 12;

type Reference = Extract<WeightsReference, { kind: 'huggingFace' }>;

/** The file that is meant, or what there is instead. */
const findFile = async (hub: Hub, { repo, path }: Reference, commit: string): Promise<PathInfo> => {
  const wanted = path === null ? DEFAULT_PATHS : [path];
  const infos = await hub.pathsInfo({ repo, paths: wanted, revision: commit });
  const found = wanted.flatMap((each) => infos.filter((info) => info.path === each && info.type === 'file'))[0];
  if (found !== undefined) return found;
  // A listing that can't be had must not hide what was wrong.
  const files = await hub.listFiles({ repo, revision: commit }).catch(() => []);
  const listed = files.length === 0 ? '' : `; it has: ${files.slice(0, NAMED).join(', ')}`;
  const more = files.length > NAMED ? ` and ${files.length - NAMED} more` : '';
  throw new AppError(
    'not_found',
    `hf:${repo} has no ${wanted.join(' or ')}${listed}${more}; name one as hf:${repo}!<path>`,
    { details: { repo, commit, files } },
  );
};

/**
 * @param environment HF_ENDPOINT (default https://huggingface.co) and HF_TOKEN, which is sent to that endpoint alone.
 */
export const huggingFaceSource = (
  reference: Reference,
  environment: Readonly<Record<string, string | undefined>>,
): WeightsSource => {
  const { repo, revision, path } = reference;
  return {
    identity: `hf:${repo}@${revision}${path === null ? '' : `!${path}`}`,
    fileName: basename(path ?? repo),
    isImmutable: COMMIT.test(revision),
    fetch: async ({ folder, reference: what, onProgress, signal }) => {
      const hub = createHub({ environment, what });
      const commit = await hub.commitOf({ repo, revision });
      const info = await findFile(hub, reference, commit);
      const target = join(folder, 'download');
      await downloadFile({
        url: hub.urlOf({ repo, revision: commit, path: info.path }),
        what,
        target,
        secretHeaders: hub.secretHeaders,
        onProgress,
        ...(signal && { signal }),
      });
      // Large files are kept under their sha256; small ones under git's own hash, which says nothing here.
      const stated = info.lfs?.oid;
      return { path: target, revision: commit, ...(stated && SHA256.test(stated) && { statedDigest: stated }) };
    },
  };
};
