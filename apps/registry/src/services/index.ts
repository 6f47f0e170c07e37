/** The rules of the registry over its repositories: what the port's methods do. */
import type { ObjectStore } from '@graft/artifacts';
import type { Database } from '../db/database.js';
import { adoptionService } from './adoptions.js';
import { artifactService } from './artifacts.js';
import type { CatalogueOptions } from './catalogue-options.js';
import { catalogueService } from './catalogue.js';
import { classificationService } from './classifications.js';
import { correctionService } from './corrections.js';
import { datasetContentService } from './dataset-contents.js';
import { datasetService } from './datasets.js';
import { deploymentService } from './deployments.js';
import { epochService } from './epochs.js';
import { erasureService } from './erasures.js';
import { feedbackService } from './feedback.js';
import { freezeService } from './freezes.js';
import { modelService } from './models.js';
import { pipelineService } from './pipelines.js';
import { promotionService } from './promotions.js';
import { replicaService } from './replicas.js';
import { renameService } from './renames.js';
import { reviewClockService } from './review-clock.js';
import { bulkClassificationService } from './bulk-classifications.js';
import { reproductionService } from './reproductions.js';
import { reviewService } from './reviews.js';
import { rollbackService } from './rollbacks.js';
import { runRequestService } from './run-requests.js';
import { runService } from './runs.js';
import { selectionService } from './selections.js';
import { sessionService } from './sessions.js';
import { storageService } from './storage.js';
import { tokenService } from './tokens.js';
import { trialService } from './trials.js';
import { uploadService, type LandingUploads } from './uploads.js';
import { watchService } from './watches.js';
import { webhookService } from './webhooks.js';
import { DELIVERY_SETTINGS } from '../webhooks/deliverer.js';
import { createSender, type Send } from '../webhooks/send.js';

export interface ServiceOptions {
  /** The artifacts bucket; null: this registry shows no documents and no images. */
  readonly artifacts?: ObjectStore | null | undefined;
  /** Null: this registry gives out no upload addresses. */
  readonly uploads?: LandingUploads | null | undefined;
  readonly catalogue?: CatalogueOptions | undefined;
  /** What webhooks are tried with. */
  readonly send?: Send | undefined;
}

export const createServices = (
  db: Database,
  {
    artifacts = null,
    uploads = null,
    catalogue = { artifactsBucket: null },
    send = createSender({ timeoutMs: DELIVERY_SETTINGS.timeoutMs }),
  }: ServiceOptions = {},
) => {
  const models = modelService(db);
  const renames = renameService(db, models);
  const promotions = promotionService(db);
  return {
    catalogue: catalogueService(db, { ...renames, ...promotions }, catalogue),
    ...datasetService(db),
    ...datasetContentService(db, artifacts),
    ...correctionService(db),
    ...pipelineService(db),
    ...watchService(db),
    ...runService(db),
    ...runRequestService(db),
    ...selectionService(db),
    ...reproductionService(db, models),
    ...bulkClassificationService(db),
    ...models,
    ...renames,
    ...reviewService(db),
    ...reviewClockService(db),
    ...promotions,
    ...rollbackService(db),
    ...feedbackService(db),
    ...freezeService(db),
    ...epochService(db),
    ...deploymentService(db),
    ...adoptionService(db),
    ...artifactService(artifacts),
    ...sessionService(db),
    ...storageService(db),
    ...erasureService(db),
    ...replicaService(db),
    ...classificationService(db),
    ...tokenService(db),
    ...trialService(db),
    ...uploadService(db, uploads),
    ...webhookService(db, send),
  };
};
export type Services = ReturnType<typeof createServices>;
