/**
 * The reference Pythons: PyTorch, torchvision and timm, onnx, onnxruntime and safetensors in one folder of the cache, Keras on
 * TensorFlow in another, Pillow with boto3 in a third, MLflow's client in a fourth, its server in a fifth, Schemathesis in a sixth, tritonclient in
 * a seventh. Tests compare with the first, call by the fourth and the seventh and fuzz with the sixth, benches race the others; nothing
 * else needs them, and nothing goes into the user's own Python.
 */
import { createHash } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '@graft/contracts';
import { inRepository } from '../repository.js';
import type { SetupTask } from '../setup-task.js';
import { ensureCacheEntry, isCacheEntryWhole, type OnProgress } from '../system/cache-entry.js';
import { makeFolder } from '../system/folders.js';
import { findPip, PYTHON, withElapsed } from '../system/python.js';
import { runCommand, tryCommand } from '../system/run-command.js';

/** Packages that are installed together. */
interface PackageSet {
  /** For messages. */
  readonly title: string;
  readonly size: string;
  /** Of its folder in the cache. */
  readonly prefix: string;
  readonly requirements: string;
  /** Python that fails where something is missing. */
  readonly probe: string;
}

const PYTORCH: PackageSet = {
  title: 'PyTorch',
  size: '2.4 GB to fetch',
  prefix: 'reference',
  requirements: inRepository('tools/python/requirements.txt'),
  probe:
    'import torch, torchvision, timm, onnx.checker, safetensors.torch, efficientnet_lite_pytorch, onnxruntime.quantization.shape_inference',
};
const KERAS: PackageSet = {
  title: 'Keras',
  size: '.3 GB to fetch',
  prefix: 'keras',
  requirements: inRepository('tools/python/keras-requirements.txt'),
  probe: 'import keras, tensorflow; assert keras.backend.backend() == "tensorflow"',
};
const INGEST: PackageSet = {
  title: 'Pillow and boto3',
  size: '30 MB to fetch',
  prefix: 'ingest',
  requirements: inRepository('tools/python/ingest-requirements.txt'),
  probe: 'import boto3, PIL.Image',
};
const MLFLOW: PackageSet = {
  title: "MLflow's client",
  size: '30 MB to fetch',
  prefix: 'mlflow',
  requirements: inRepository('tools/python/mlflow-requirements.txt'),
  probe: 'import mlflow.tracking',
};
const FASTAPI: PackageSet = {
  title: 'FastAPI and ONNX Runtime',
  size: '60 MB to fetch',
  prefix: 'fastapi',
  requirements: inRepository('tools/python/fastapi-requirements.txt'),
  probe: 'import fastapi, onnxruntime, PIL.Image, uvicorn',
};
const MLFLOW_SERVER: PackageSet = {
  title: "MLflow's server",
  size: '.2 GB to fetch',
  prefix: 'mlflow-server',
  requirements: inRepository('tools/python/mlflow-server-requirements.txt'),
  probe: 'import mlflow.server, uvicorn',
};
const SCHEMATHESIS: PackageSet = {
  title: 'Schemathesis',
  size: '15 MB to fetch',
  prefix: 'schemathesis',
  requirements: inRepository('tools/python/schemathesis-requirements.txt'),
  probe: 'import schemathesis.cli',
};
const TRITONCLIENT: PackageSet = {
  title: 'tritonclient',
  size: '30 MB to fetch',
  prefix: 'tritonclient',
  requirements: inRepository('tools/python/tritonclient-requirements.txt'),
  probe: 'import tritonclient.http',
};
const INSTALL_TIMEOUT_MS = 40 * 60_000;
/** For compiling extensions: ten thousand files that would be looked at each time the cache is trusted. */
const NEVER_USED = ['bin', 'share', 'torch/include', 'torch/share', 'tensorflow/include'];

export interface ReferencePython {
  readonly command: string;
  /** The whole environment of a process that imports the packages. */
  readonly env: NodeJS.ProcessEnv;
}

const PRINT_VERSION = 'import sys; print("%d.%d" % sys.version_info[:2])';

/** Its folder's name below the cache: one for each Python and list of packages. Null without Python. */
const entryName = async ({ prefix, requirements }: PackageSet): Promise<string | null> => {
  const version = await tryCommand(PYTHON, ['-c', PRINT_VERSION]);
  if (version === null) return null;
  const digest = createHash('sha256').update(await readFile(requirements));
  return `python/${prefix}-${version.trim()}-${digest.digest('hex').slice(0, 12)}`;
};

const pythonIn = (folder: string): ReferencePython => ({
  command: PYTHON,
  env: {
    ...process.env,
    ...{ PYTHONPATH: folder, PYTHONNOUSERSITE: '1', PYTHONDONTWRITEBYTECODE: '1' },
    // onnxruntime reports how it is used to its maker, unless this is set.
    ORT_DISABLE_TELEMETRY: '1',
  },
});

const install = async (
  { title, size, requirements, probe }: PackageSet,
  target: string,
  onProgress: OnProgress,
): Promise<void> => {
  // pip unpacks there first: gigabytes, which the system's own temporary folder may not hold.
  const scratch = await makeFolder(join(target, '.scratch'));
  const installing = runCommand(
    PYTHON,
    [
      ...[
        '-m',
        'pip',
        'install',
        '--quiet',
        '--no-color',
        '--no-input',
        '--disable-pip-version-check',
        '--no-cache-dir',
      ],
      ...['--no-deps', '--only-binary=:all:', '--no-binary=efficientnet-lite-pytorch'],
      ...['--target', target, '--requirement', requirements],
    ],
    { timeoutMs: INSTALL_TIMEOUT_MS, env: { ...process.env, TMPDIR: scratch, FORCE_COLOR: undefined } },
  ).catch((cause: unknown) => {
    const { message } = cause as Error;
    // pip's last word is the reason; before it come its retries.
    const reason = message.split('\n').findLast((line) => line.startsWith('ERROR:')) ?? message;
    throw new AppError('unavailable', `pip could not install ${title}: ${reason}`, { cause });
  });
  await withElapsed(installing, (seconds) => onProgress(`installing ${title} (${size}): ${seconds} s`));
  for (const part of ['.scratch', ...NEVER_USED]) await rm(join(target, part), { recursive: true, force: true });
  onProgress('trying it');
  await runCommand(PYTHON, ['-c', probe], { env: pythonIn(target).env }).catch((cause: unknown) => {
    throw new AppError('unavailable', `${title} was installed and does not work: ${(cause as Error).message}`, {
      cause,
    });
  });
  onProgress('taking its digests');
};

interface EnsureOptions {
  readonly cacheDir: string;
  readonly onProgress?: OnProgress;
}

const ensure = async (
  packages: PackageSet,
  { cacheDir, onProgress = () => undefined }: EnsureOptions,
): Promise<ReferencePython> => {
  const name = await entryName(packages);
  if (name === null || (await findPip()) === null)
    throw new AppError('missing_prerequisite', `${packages.title} needs Python 3 with pip`);
  return pythonIn(
    await ensureCacheEntry({ cacheDir, name, onProgress, fill: (target) => install(packages, target, onProgress) }),
  );
};

/**
 * The reference Python, installed first if it has to be: 2.4 GB to fetch, 4.1 GB on disk, about a minute on a fast line.
 * @throws AppError `missing_prerequisite` without Python 3 and pip, `unavailable` when pip can't get a package (no
 * connection, or none for this version of Python).
 */
export const ensureReferencePython = (options: EnsureOptions): Promise<ReferencePython> => ensure(PYTORCH, options);

/** The same with Keras on TensorFlow instead: a gigabyte on disk. @throws AppError as `ensureReferencePython` does. */
export const ensureKerasPython = (options: EnsureOptions): Promise<ReferencePython> => ensure(KERAS, options);

/** The same with Pillow and boto3 instead: 70 MB on disk. @throws AppError as `ensureReferencePython` does. */
export const ensureIngestPython = (options: EnsureOptions): Promise<ReferencePython> => ensure(INGEST, options);

/** The same with FastAPI and ONNX Runtime instead. @throws AppError as `ensureReferencePython` does. */
export const ensureFastapiPython = (options: EnsureOptions): Promise<ReferencePython> => ensure(FASTAPI, options);

/** The same with MLflow's own server instead: .8 GB on disk. @throws AppError as `ensureReferencePython` does. */
export const ensureMlflowServerPython = (options: EnsureOptions): Promise<ReferencePython> =>
  ensure(MLFLOW_SERVER, options);

const find = async (packages: PackageSet, cacheDir: string): Promise<ReferencePython | null> => {
  const name = await entryName(packages);
  if (name === null) return null;
  const folder = join(cacheDir, name);
  return (await isCacheEntryWhole(folder)) ? pythonIn(folder) : null;
};

/** The reference Python where it is installed already, else null: for tests, which fetch nothing. */
export const findReferencePython = ({ cacheDir }: { readonly cacheDir: string }): Promise<ReferencePython | null> =>
  find(PYTORCH, cacheDir);

/** The same with MLflow's client. */
export const findMlflowPython = ({ cacheDir }: { readonly cacheDir: string }): Promise<ReferencePython | null> =>
  find(MLFLOW, cacheDir);

/** The same with Schemathesis. */
export const findSchemathesisPython = ({ cacheDir }: { readonly cacheDir: string }): Promise<ReferencePython | null> =>
  find(SCHEMATHESIS, cacheDir);

/** The same with tritonclient. */
export const findTritonclientPython = ({ cacheDir }: { readonly cacheDir: string }): Promise<ReferencePython | null> =>
  find(TRITONCLIENT, cacheDir);

const taskOf = (packages: PackageSet, title: string, cacheDir: string): SetupTask => ({
  title,
  run: async (onProgress) => {
    try {
      await ensure(packages, { cacheDir, onProgress });
      return;
    } catch (error) {
      if (!(error instanceof AppError) || !['missing_prerequisite', 'unavailable'].includes(error.code)) throw error;
      return `left out, and the tests that need it are skipped: ${error.message}`;
    }
  },
});

/** Where it can't be had the rest goes on, and the tests that compare with it are skipped. */
export const referencePythonTask = (cacheDir: string): SetupTask =>
  taskOf(PYTORCH, 'PyTorch, to compare with', cacheDir);

/** MLflow's client, likewise. */
export const mlflowPythonTask = (cacheDir: string): SetupTask =>
  taskOf(MLFLOW, "MLflow's client, to call the registry by", cacheDir);

/** Schemathesis, likewise. */
export const schemathesisPythonTask = (cacheDir: string): SetupTask =>
  taskOf(SCHEMATHESIS, 'Schemathesis, to fuzz the registry with', cacheDir);

/** tritonclient, likewise. */
export const tritonclientPythonTask = (cacheDir: string): SetupTask =>
  taskOf(TRITONCLIENT, 'tritonclient, to call serving by', cacheDir);
