import { artifactSchema, ledgerEntrySchema, type Artifact, type LedgerEntry, type VariantName } from '@graft/contracts';
import { z } from 'zod';
import { Prisma } from '../generated/prisma/client.js';
import type { Client } from './client.js';

/** The head of one ledger. */
export interface DeploymentRow {
  readonly model: string;
  readonly environment: string;
  readonly epoch: number;
  readonly generation: number;
  readonly version: number;
  readonly variant: VariantName;
  readonly previousVersion: number | null;
  readonly previousVariant: VariantName | null;
  readonly at: Date;
}

/** What a row of the ledger put in place, with the artifacts of its version. */
export interface PlacedForm {
  readonly put: Pick<LedgerEntry, 'version' | 'variant' | 'artifactDigest'>;
  readonly artifacts: readonly Artifact[];
}

/** A head with what its row of the ledger put in place, and what the row before it did. */
export interface PlacedDeployment {
  readonly head: DeploymentRow;
  readonly modelId: string;
  readonly target: PlacedForm;
  readonly previous: PlacedForm | null;
}

interface PlacedRow extends DeploymentRow {
  readonly modelId: string;
  readonly body: string | null;
  readonly artifacts: unknown;
  readonly previousBody: string | null;
  readonly previousArtifacts: unknown;
}

const { sql } = Prisma;
const putSchema = ledgerEntrySchema.pick({ version: true, variant: true, artifactDigest: true });
const artifactsSchema = z.array(artifactSchema);

const toForm = (body: string, artifacts: unknown): PlacedForm => ({
  put: putSchema.parse(JSON.parse(body)),
  artifacts: artifactsSchema.parse(artifacts),
});

const toPlaced = ({
  modelId,
  body,
  artifacts,
  previousBody,
  previousArtifacts,
  ...head
}: PlacedRow): PlacedDeployment => {
  if (body === null) {
    throw new Error(`generation ${head.generation} of ${head.model} in ${head.environment} is not in the ledger`);
  }
  return {
    head,
    modelId,
    target: toForm(body, artifacts),
    previous: previousBody === null ? null : toForm(previousBody, previousArtifacts),
  };
};

export const deploymentRepository = (client: Client) => {
  /** In one question: replicas and clients ask it all the time. */
  const placed = async (where: Prisma.Sql): Promise<PlacedDeployment[]> => {
    const rows = await client.$queryRaw<PlacedRow[]>`
      SELECT /* prepared */ d."model", d."environment", d."epoch", d."generation", d."version", d."variant", d."previous_version" AS "previousVersion",
        d."previous_variant" AS "previousVariant", d."at", m."id" AS "modelId", l."body", v."document" -> 'artifacts' AS "artifacts",
        before."body" AS "previousBody", w."document" -> 'artifacts' AS "previousArtifacts"
      FROM "deployment" d JOIN "model" m ON m."name" = d."model"
      LEFT JOIN "ledger" l ON (l."model", l."environment", l."generation") = (d."model", d."environment", d."generation")
      LEFT JOIN "model_version" v ON (v."model", v."version") = (l."model", l."version")
      -- Rows of trials lie between: what was served before is the last row that put the previous form in place.
      LEFT JOIN LATERAL (
        SELECT b."model", b."version", b."body" FROM "ledger" b
        WHERE b."model" = d."model" AND b."environment" = d."environment" AND b."generation" < d."generation"
          AND b."version" = d."previous_version" AND coalesce(b."body"::jsonb ->> 'variant', 'fp32') = coalesce(d."previous_variant", 'fp32')
        ORDER BY b."generation" DESC LIMIT 1) before ON true
      LEFT JOIN "model_version" w ON (w."model", w."version") = (before."model", before."version")
      WHERE ${where} ORDER BY d."model"`;
    return rows.map(toPlaced);
  };
  return {
    get: async (model: string, environment: string): Promise<DeploymentRow | null> =>
      client.deployment.findUnique({ where: { model_environment: { model, environment } } }),

    /** What one environment serves of a model; null where nothing was ever promoted. */
    getPlaced: async (model: string, environment: string): Promise<PlacedDeployment | null> => {
      const [row] = await placed(sql`d."model" = ${model} AND d."environment" = ${environment}`);
      return row ?? null;
    },

    /** By model. */
    listPlaced: (environment: string): Promise<PlacedDeployment[]> => placed(sql`d."environment" = ${environment}`),

    list: async ({ models, ...where }: { models?: readonly string[]; environment?: string } = {}): Promise<
      DeploymentRow[]
    > =>
      client.deployment.findMany({
        where: { ...where, ...(models === undefined ? {} : { model: { in: [...models] } }) },
        orderBy: [{ model: 'asc' }, { environment: 'asc' }],
      }),

    /** Compare-and-swap: false, and nothing changed, where the generation is no longer `expectedGeneration`. */
    swap: async (
      expectedGeneration: number,
      next: Omit<DeploymentRow, 'at' | 'generation'> & { generation: number },
    ): Promise<boolean> => {
      const { model, environment, ...change } = next;
      if (expectedGeneration === 0) {
        const { count } = await client.deployment.createMany({ data: [next], skipDuplicates: true });
        return count === 1;
      }
      const { count } = await client.deployment.updateMany({
        where: { model, environment, generation: expectedGeneration },
        data: change,
      });
      return count === 1;
    },

    /** Until the transaction ends, no head is moved and none is made but by it. */
    lockAll: async (): Promise<void> => {
      await client.$executeRaw`LOCK TABLE "deployment" IN SHARE ROW EXCLUSIVE MODE`;
    },

    epochRow: async (): Promise<{ value: number; raisedAt: Date }> =>
      client.epoch.findUniqueOrThrow({ where: { id: 1 } }),

    epoch: async (): Promise<number> => (await client.epoch.findUniqueOrThrow({ where: { id: 1 } })).value,

    /** It only rises: a trigger sees to it. */
    raiseEpoch: async (value: number): Promise<void> => {
      await client.epoch.update({ where: { id: 1 }, data: { value } });
    },
  };
};
