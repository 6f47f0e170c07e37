/** How ingestion grows: memory from a thousand images to fifty thousand, and the time that one more percent takes. */
import type { OnProgress } from '../system/cache-entry.js';
import { outcomeOf, type IngestOutcome, type IngestServers } from './ingest-contestants.js';
import { landSmallImages } from './ingest-images.js';
import type { LineWorker } from './line-worker.js';
import type { BenchMeasurement, BenchReport } from './report.js';

export interface GrowthSizes {
  readonly few: number;
  readonly many: number;
}

/** Listing and registering take a while however little is new. */
const FIXED_SECONDS = 1;
/** Below this nothing is left to compare with. */
const LEAST_SECONDS = 0.05;
const TIMES_AS_FAST = 20;
/** What "flat" allows: fifty times the images, and half as much memory again. */
const MEMORY_RATIO = 1.5;

const one = (name: string, unit: string, value: number): BenchMeasurement => ({
  ...{ name, unit, median: value },
  values: [value],
});

export const benchGrowth = async (
  servers: IngestServers,
  { few, many }: GrowthSizes,
  { folder, onProgress }: { folder: string; onProgress: OnProgress },
): Promise<Pick<BenchReport, 'measurements' | 'targets'>> => {
  const land = async (dataset: string, first: number, end: number): Promise<void> => {
    onProgress(`landing ${end - first} images of 32 × 32 pixels`);
    await landSmallImages(servers.landing, dataset, { first, end });
  };
  const ingest = async (worker: LineWorker): Promise<{ seconds: number; outcome: IngestOutcome }> => {
    const { seconds, units } = await worker.round();
    onProgress(`${units} new images in ${seconds.toFixed(1)} s`);
    return { seconds, outcome: await outcomeOf(worker, folder) };
  };
  const within = async <T>(dataset: string, act: (worker: LineWorker) => Promise<T>): Promise<T> => {
    const worker = await servers.startOurs(`ingesting ${dataset}`, `=${dataset}`);
    try {
      return await act(worker);
    } finally {
      await worker.close();
    }
  };

  await land('few', 0, few);
  const small = await within('few', ingest);
  await land('many', 0, many);
  const { first, next } = await within('many', async (worker) => {
    const whole = await ingest(worker);
    await land('many', many, many + Math.ceil(many / 100));
    return { first: whole, next: await ingest(worker) };
  });

  const [smallPeak, largePeak] = [small.outcome.peakRssBytes ?? NaN, first.outcome.peakRssBytes ?? NaN];
  const memory = largePeak / smallPeak;
  const speed = first.seconds / Math.max(LEAST_SECONDS, next.seconds - FIXED_SECONDS);
  return {
    measurements: [
      one(`first version of ${many} small images`, 's', first.seconds),
      one(`the same speed`, 'images/s', many / first.seconds),
      one(`a version with ${Math.ceil(many / 100)} more`, 's', next.seconds),
      one(`peak memory with ${few} images`, 'MiB', smallPeak / 2 ** 20),
      one(`peak memory with ${many} images`, 'MiB', largePeak / 2 ** 20),
    ],
    targets: [
      {
        ...{ name: 'first_vs_one_percent', ratio: speed, spread: null, target: TIMES_AS_FAST },
        ...{ applies: true, met: speed >= TIMES_AS_FAST },
      },
      {
        ...{ name: `ingest_memory_${many}_vs_${few}`, ratio: memory, spread: null, target: MEMORY_RATIO },
        ...{ atMost: true as const, applies: true, met: memory <= MEMORY_RATIO },
      },
    ],
  };
};
