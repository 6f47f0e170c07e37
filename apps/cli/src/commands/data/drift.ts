/** `graft data drift`: how the new training images of a version differ from those of an earlier one. */
import { isDrift, type DatasetVersion, type Drift, type ModelVersion } from '@graft/contracts';
import { measureManifestDrift, readDatasetVersion } from '@graft/data';
import type { Command } from 'commander';
import { connect, type Context } from '../../context.js';
import { count, printJson, printLine, printTable, nameDatasetVersion } from '../../output.js';
import { formatMeasure } from '../../report.js';
import { readDrift } from '../../version-documents.js';
import { findDatasetVersion } from './find-version.js';

/** Features need an embedder: those of the newest run that measured them for this version are shown. */
interface MeasuredFeatures {
  readonly model: string;
  readonly modelVersion: number;
  readonly drift: Drift;
  /** The number of the dataset version that was compared with; left out where it isn't one of this dataset. */
  readonly referenceVersion?: number | undefined;
  /** Keys of the farthest images, where the version has them still. */
  readonly farthest: readonly { readonly key: string; readonly sha256: string; readonly distance: number }[];
}

const newestMeasured = async (
  { registry, blobs }: Pick<Context, 'registry' | 'blobs'>,
  datasetVersion: string,
): Promise<{ version: ModelVersion; drift: Drift } | null> => {
  const models = await registry.listModels();
  const versions = (await Promise.all(models.map(({ name }) => registry.listModelVersions(name))))
    .flat()
    .filter(({ lineage }) => lineage.datasetVersion === datasetVersion)
    .sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1));
  for (const version of versions) {
    const drift = await readDrift(blobs, version);
    if (drift !== null && drift.features !== null) return { version, drift };
  }
  return null;
};

const parentOf = async (
  { registry }: Pick<Context, 'registry'>,
  version: DatasetVersion,
): Promise<DatasetVersion | null> => (version.parent === null ? null : registry.getDatasetVersion(version.parent));

const say = (
  version: DatasetVersion,
  against: DatasetVersion | null,
  drift: Omit<Drift, 'features' | 'farthest'> | null,
  measured: MeasuredFeatures | null,
): void => {
  if (against === null || drift === null) {
    printLine(`version ${version.number} of ${version.dataset} is the first: there is nothing to compare it with`);
  } else {
    const { labels, quality } = drift;
    const isTold = labels !== null || (quality ?? null) !== null;
    const found = isDrift({ ...drift, features: null }) ? 'they differ' : 'no difference found';
    printLine(
      `dataset ${version.dataset}: ${count(drift.newImages, 'new training image')} of version ${version.number} against ${drift.referenceImages} of version ${against.number}: ${isTold ? found : 'too few to tell, at least 10 on each side are needed'}`,
    );
    const yes = (detected: boolean): string => (detected ? 'yes' : 'no');
    if (isTold)
      printTable(
        ['what', `version ${against.number}`, `version ${version.number}, new`, 'p', 'differs'],
        [
          ...(labels === null ? [] : [['labels', '', '', labels.p.toPrecision(2), yes(labels.detected)]]),
          ...(quality?.measures ?? []).map(({ measure, referenceMedian, newMedian, pHolm, detected }) => [
            `${measure} (median)`,
            formatMeasure(referenceMedian),
            formatMeasure(newMedian),
            pHolm.toPrecision(2),
            yes(detected),
          ]),
        ],
      );
  }
  if (measured === null) {
    printLine(
      `features: no run has compared those of version ${version.number}; a retraining does, against what its champion learned from`,
    );
    return;
  }
  const { model, modelVersion, referenceVersion, drift: found, farthest } = measured;
  printLine(
    `features: ${found.features?.detected === true ? 'they differ' : 'no difference found'} (p ${found.features?.p.toPrecision(2) ?? '–'}) from dataset version ${nameDatasetVersion(found.reference, referenceVersion)}, as measured for ${model} version ${modelVersion}`,
  );
  if (farthest.length > 0) {
    printLine('farthest from what the champion learned from:');
    printTable(
      ['object', 'distance'],
      farthest.map(({ key, distance }) => [key, distance.toPrecision(3)]),
    );
  }
};

interface Options {
  readonly against?: string;
  readonly json?: boolean;
}

export const registerDrift = (data: Command): void => {
  data
    .command('drift <dataset> [version]')
    .description('how the new training images of a version (the latest) differ from an earlier version’s (its parent)')
    .option('--against <version>', 'the version to compare with, by number or digest')
    .option('--json', 'print {version, against, drift, measured} as JSON')
    .action(async (dataset: string, which: string | undefined, options: Options, command: Command) => {
      const context = await connect(command);
      const { registry, blobs } = context;
      const version = await findDatasetVersion(registry, dataset, which);
      const against =
        options.against === undefined
          ? await parentOf(context, version)
          : await findDatasetVersion(registry, dataset, options.against);
      const contents = await readDatasetVersion(blobs, version.id);
      const { images } = contents;
      const drift =
        against === null
          ? null
          : measureManifestDrift({
              reference: { id: against.id, ...(await readDatasetVersion(blobs, against.id)) },
              current: { id: version.id, ...contents },
            }).drift;
      const newest = await newestMeasured(context, version.id);
      const versions = await registry.listDatasetVersions(dataset);
      const keyOf = new Map(images.map(({ sha256, key }) => [sha256, key]));
      const measured =
        newest === null
          ? null
          : {
              ...{ model: newest.version.model, modelVersion: newest.version.version, drift: newest.drift },
              referenceVersion: versions.find(({ id }) => id === newest.drift.reference)?.number,
              farthest: newest.drift.farthest.map((far) => ({ ...far, key: keyOf.get(far.sha256) ?? far.sha256 })),
            };
      if (options.json === true)
        return printJson({ version: version.number, against: against?.number ?? null, drift, measured });
      say(version, against, drift, measured);
    });
};
