/** Everything that tests need and the first start would fetch or build, all at once and side by side. */
import { graftPaths } from '@graft/platform';
import {
  ensureEmojiArt,
  ensurePostgres,
  MINIO,
  resolveBinary,
  setupTensorflow,
  showTasks,
  TEMPORAL,
  TEMPORAL_TEST_SERVER,
  type BinarySpec,
  type SetupTask,
} from '@graft/tools';

const binaryTask = (title: string, spec: BinarySpec, cacheDir: string): SetupTask => ({
  title,
  run: async (onProgress) => {
    const { from, version } = await resolveBinary(spec, { cacheDir, onProgress });
    return [version, `from ${from}`].filter((part) => part !== null).join(', ');
  },
});

export const emojiArtTask = (cacheDir: string): SetupTask => ({
  title: 'emoji art',
  run: async (onProgress) => {
    await ensureEmojiArt({ cacheDir, onProgress });
  },
});

const setUpTasks = (cacheDir: string): SetupTask[] => [
  binaryTask('MinIO', MINIO, cacheDir),
  binaryTask('Temporal', TEMPORAL, cacheDir),
  binaryTask("Temporal's test server", TEMPORAL_TEST_SERVER, cacheDir),
  {
    title: 'PostgreSQL',
    run: async (onProgress) => {
      await ensurePostgres({ cacheDir, onProgress });
    },
  },
  {
    title: 'TensorFlow',
    run: async (onProgress) => (await setupTensorflow({ cacheDir, onProgress })).tensorflowVersion,
  },
  emojiArtTask(cacheDir),
];

/** Fetches and builds what is missing; what is there is checked and left alone. */
export const setUpEverything = (): Promise<void> => showTasks(setUpTasks(graftPaths().cacheDir));
