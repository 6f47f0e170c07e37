/** What a fresh machine lacks, as tasks that run side by side: MinIO's build is the long one. */
import { browserTask } from './browser/browser.js';
import { ensureEmojiArt } from './binaries/emoji-art.js';
import { MINIO } from './binaries/minio.js';
import { ensurePostgres } from './binaries/postgres.js';
import { resolveBinary } from './binaries/resolve-binary.js';
import type { BinarySpec } from './binaries/resolve-binary.js';
import { TEMPORAL, TEMPORAL_TEST_SERVER } from './binaries/temporal.js';
import {
  mlflowPythonTask,
  referencePythonTask,
  schemathesisPythonTask,
  tritonclientPythonTask,
} from './python/reference-python.js';
import type { SetupTask } from './setup-task.js';
import { setupTensorflow } from './tensorflow/setup-tensorflow.js';

export interface SetupOptions {
  readonly cacheDir: string;
  /** The emoji pictures too, which the demo and some tests use. Default true. */
  readonly emojiArt?: boolean;
  /** The time-skipping server that workflow tests use. Default false. */
  readonly testServer?: boolean;
  /** PyTorch and what else networks are compared with. Default false. */
  readonly referencePython?: boolean;
  /** A browser, to look at the console with. Default false. */
  readonly browser?: boolean;
}

const programTask = (spec: BinarySpec, cacheDir: string): SetupTask => ({
  title: spec.program,
  run: async (onProgress) => {
    const { version, from } = await resolveBinary(spec, { cacheDir, onProgress });
    return `${version ?? spec.version}, ${from}`;
  },
});

/** Everything that is fetched or built once. With a full cache each task takes milliseconds, TensorFlow's two seconds. */
export const setupTasks = (options: SetupOptions): SetupTask[] => {
  const { cacheDir, emojiArt = true, testServer = false, referencePython = false, browser = false } = options;
  return [
    ...(browser ? [browserTask()] : []),
    programTask(MINIO, cacheDir),
    programTask(TEMPORAL, cacheDir),
    ...(testServer ? [programTask(TEMPORAL_TEST_SERVER, cacheDir)] : []),
    {
      title: 'postgres',
      run: async (onProgress) => (await ensurePostgres({ cacheDir, onProgress })).version,
    },
    {
      title: 'TensorFlow',
      run: async (onProgress) => (await setupTensorflow({ cacheDir, onProgress })).tensorflowVersion,
    },
    ...(emojiArt
      ? [
          {
            title: 'emoji art',
            run: async (onProgress) => {
              const art = await ensureEmojiArt({ cacheDir, onProgress });
              return `${art.google.length} + ${art.twitter.length} pictures`;
            },
          } satisfies SetupTask,
        ]
      : []),
    ...(referencePython
      ? [
          referencePythonTask(cacheDir),
          mlflowPythonTask(cacheDir),
          schemathesisPythonTask(cacheDir),
          tritonclientPythonTask(cacheDir),
        ]
      : []),
  ];
};
