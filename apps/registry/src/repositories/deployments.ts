import type { VariantName } from '@graft/contracts';
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

export const deploymentRepository = (client: Client) => ({
  get: async (model: string, environment: string): Promise<DeploymentRow | null> =>
    client.deployment.findUnique({ where: { model_environment: { model, environment } } }),

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
});
