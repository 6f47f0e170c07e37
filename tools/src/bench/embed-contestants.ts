/** Who embeds in the bench `embed`, and how each is started. Every contestant is a process of its own. */
import { join } from 'node:path';
import type { CpuClass } from '@graft/platform';
import type { ReferencePython } from '../python/reference-python.js';
import { inRepository } from '../repository.js';
import { startLineWorker, type LineWorker } from './line-worker.js';
import { hasBfloat16 } from './train-contestants.js';

export const OURS = 'graft onnxruntime fp32';
export const OURS_INT8 = 'graft onnxruntime int8';
/** The same as ours, to see how far two identical contestants stray. */
export const CONTROL = `${OURS} (control)`;
export const CONTROL_INT8 = `${OURS_INT8} (control)`;
/** The plain script. */
export const PLAIN = 'pytorch eager';

const ALL_MODES = { [PLAIN]: 'eager', 'pytorch channels_last': 'channels-last' };
const FP32_MODES = { 'pytorch frozen': 'frozen' };
const BF16_MODES = { 'pytorch channels_last bf16': 'channels-last-bf16', 'pytorch frozen bf16': 'frozen-bf16' };

/** The peers by name, each with the mode that pytorch_embed.py takes: as people write it, and at its best on this CPU. */
export const peerModes = (cpuClass: CpuClass): Readonly<Record<string, string>> => ({
  ...ALL_MODES,
  ...(hasBfloat16(cpuClass) ? BF16_MODES : FP32_MODES),
});

export interface EmbedFiles {
  /** JSON: the files that all embed. */
  readonly filesPath: string;
  /** JSON: the files that eight bits are calibrated on. */
  readonly calibrationPath: string;
  /** For what contestants write. */
  readonly folder: string;
}

/** Ours, and its controls: in float32, and in eight bits. */
export const startOurs = (name: string, { filesPath, calibrationPath }: EmbedFiles, cacheDir: string) =>
  startLineWorker({
    name,
    command: process.execPath,
    args: [
      inRepository('dist/apps/trainer/embed-bench-process.js'),
      filesPath,
      ...(name.startsWith(OURS_INT8) ? [calibrationPath] : []),
    ],
    env: { ...process.env, GRAFT_CACHE_DIR: cacheDir },
  });

export const startPeer = (
  python: ReferencePython,
  { name, mode, files }: { name: string; mode: string; files: EmbedFiles },
): Promise<LineWorker> =>
  startLineWorker({
    name,
    command: python.command,
    args: [
      ...[inRepository('tools/bench/peers/pytorch_embed.py'), files.filesPath],
      ...[join(files.folder, `${mode}.pt`), mode],
    ],
    env: python.env,
  });
