/** Reproductions: what a version is made again from, whether that is all there, and the report of what came of it. */
import { linksOfReproduction, readDocument, walkLinks, writeDocument } from '@graft/artifacts';
import {
  AppError,
  concludeReproductionInputSchema,
  erasureOf,
  reproduceInputSchema,
  reproductionReportSchema,
  requireMade,
  TASK_QUEUES,
  toAppError,
  trainingPlanSchema,
  variantsOf,
  type Artifact,
  type Digest,
  type ModelVersion,
  type ReproductionControlActivities,
  type VariantName,
} from '@graft/contracts';
import { whileBeating } from '@graft/platform/temporal';
import { z } from 'zod';
import type { ControlDependencies } from './dependencies.js';
import { reportReproduction } from './reproduction-report.js';
import { findPipeline } from './runs.js';

/** Objects that are gone, told one by one. */
const TOLD = 3;
const NEEDED = [TASK_QUEUES.embed, TASK_QUEUES.train, TASK_QUEUES.evaluate];

const failInputSchema = reproduceInputSchema.extend({ error: z.object({ code: z.string(), message: z.string() }) });

/** @throws AppError `not_found` for a version that doesn't have it. */
const requireArtifact = ({ model, version, artifacts }: ModelVersion, kind: Artifact['kind']): Digest => {
  const found = artifacts.find((one) => one.kind === kind && one.variant === '');
  if (found !== undefined) return found.digest;
  throw new AppError(
    'not_found',
    `version ${version} of ${model} has no ${kind} among its artifacts: it can't be made again`,
  );
};

/** @throws AppError `not_found` for a form that the version doesn't come in. */
const wantedVariants = ({ model, version, variants }: ModelVersion, wanted: VariantName | null): VariantName[] => {
  const there = variants.map(({ variant }) => variant);
  if (wanted === null) return there;
  if (there.includes(wanted)) return [wanted];
  throw new AppError(
    'not_found',
    `version ${version} of ${model} has no variant ${wanted}; there are: ${there.join(', ')}`,
  );
};

/** What of an object that can't be had. @throws what it is given, where that says nothing of the object */
const tellGone = (what: string, thrown: unknown): string => {
  const erasure = erasureOf(thrown);
  if (erasure !== null) return `${what} (erased by ${erasure.by}, ${erasure.at.slice(0, 10)}: ${erasure.reason})`;
  const { code } = toAppError(thrown);
  if (code === 'not_found') return `${what} (missing)`;
  if (code === 'corrupt') return `${what} (damaged)`;
  throw thrown;
};

export const createReproductionActivities = ({
  registry,
  blobs,
  trainers,
  logger,
  scope,
  code,
}: ControlDependencies): ReproductionControlActivities => {
  const requireTrainers = async (): Promise<void> => {
    const missing = await trainers.unpolled(NEEDED);
    if (missing.length === 0) return;
    throw new AppError(
      'unavailable',
      `no trainer polls ${missing.length === 1 ? 'queue' : 'queues'} ${missing.join(', ')}: start one (./graft up starts what isn't running), and ask again`,
    );
  };
  const read = async (reproductionId: string) => {
    const reproduction = await registry.getReproduction(reproductionId);
    return { reproduction, version: await registry.getModelVersion(reproduction.model, reproduction.version) };
  };

  return {
    openReproduction: async (input) => {
      const { reproductionId } = reproduceInputSchema.parse(input);
      const { reproduction, version } = await read(reproductionId);
      const lineage = requireMade(version);
      const variants = wantedVariants(version, reproduction.variant);
      await requireTrainers();
      const { pipeline } = await findPipeline(registry, lineage.pipeline, lineage.pipelineDigest);
      const plan = requireArtifact(version, 'plan');
      const { learnsFromActivations } = await readDocument(blobs, trainingPlanSchema, plan);
      await registry.patchReproduction(reproductionId, { state: 'running' });
      return {
        ...{ model: reproduction.model, version: reproduction.version, datasetVersion: lineage.datasetVersion },
        pipeline: { ...pipeline, variants: variants.length > 0 ? variants : [...variantsOf(pipeline)] },
        ...{ plan, embedder: requireArtifact(version, 'embedder') },
        activations:
          version.artifacts.find(({ kind, variant }) => kind === 'activations' && variant === '')?.digest ?? null,
        ...{ learnsFromActivations, fresh: reproduction.fresh },
        reports: Object.fromEntries(
          version.variants.map(({ variant, reportDigest }) => [variant, reportDigest] as const),
        ),
      };
    },

    checkReproducible: async (input) => {
      const { reproductionId } = reproduceInputSchema.parse(input);
      const { version } = await read(reproductionId);
      const datasetVersion = await registry.getDatasetVersion(version.lineage.datasetVersion);
      const gone: string[] = [];
      await whileBeating(scope(), () =>
        walkLinks(linksOfReproduction(version, datasetVersion), {
          visit: async ({ digest, what, follow }) => {
            if (follow === undefined && (await blobs.has(digest))) return null;
            return blobs.get(digest).catch((thrown: unknown) => {
              gone.push(tellGone(what, thrown));
              return null;
            });
          },
          onUnreadable: ({ what }) => gone.push(`${what} (unreadable)`),
        }),
      );
      if (gone.length === 0) return;
      const { model, version: number } = version;
      const more = gone.length > TOLD ? ` and ${gone.length - TOLD} more` : '';
      throw new AppError(
        'not_found',
        `version ${number} of ${model} can't be made again without ${gone.slice(0, TOLD).join(', ')}${more}. ` +
          `./graft verify ${model} lists what isn't there; bytes that are put back from a backup make it whole, erased ones are gone for good`,
        { details: { model, version: number, gone: gone.slice(0, 100), count: gone.length } },
      );
    },

    concludeReproduction: async (input) => {
      const parsed = concludeReproductionInputSchema.parse(input);
      const { version } = await read(parsed.reproductionId);
      const lineage = requireMade(version);
      const found = reportReproduction(parsed, { ...version, lineage }, code);
      const report = await writeDocument(blobs, reproductionReportSchema, found);
      const { outcome } = found;
      await registry.patchReproduction(parsed.reproductionId, { state: 'succeeded', outcome, report });
      logger.info(
        { reproductionId: parsed.reproductionId, model: version.model, version: version.version, outcome },
        'version reproduced',
      );
      return { outcome, report };
    },

    failReproduction: async (input) => {
      const { reproductionId, error } = failInputSchema.parse(input);
      await registry.patchReproduction(reproductionId, { state: 'failed', error });
      logger.warn({ reproductionId, code: error.code, detail: error.message }, 'reproduction failed');
    },
  };
};
