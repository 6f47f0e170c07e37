/** What the parts of the catalogue (services/catalogue-*.ts) are made of. */
import type { Model, Promotion } from '@graft/contracts';

export interface CatalogueOptions {
  /** The bucket where artifacts are; null where the registry wasn't told of one. */
  readonly artifactsBucket: string | null;
  /** How long setting `champion` waits for its promotion; default 20 s. */
  readonly promotionWaitMs?: number | undefined;
}

/** What the catalogue asks of the other services. */
export interface CatalogueRules {
  renameModel(name: string, to: string): Promise<Model>;
  requestPromotion(
    model: string,
    by: string,
    asked: { version: number; environment: string; expectedGeneration: number; skipStages: boolean; reason: string },
  ): Promise<Promotion>;
  getPromotion(id: string): Promise<Promotion>;
}
