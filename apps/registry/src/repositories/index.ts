/** Rows in, entities out: technology and no rules. Every repository works on the client or on one transaction. */
import { catalogueRepository } from './catalogue.js';
import type { Client } from './client.js';
import { correctionRepository } from './corrections.js';
import { datasetRepository } from './datasets.js';
import { deploymentRepository } from './deployments.js';
import { erasureRepository } from './erasures.js';
import { eventRepository } from './events.js';
import { feedbackRepository } from './feedback.js';
import { freezeRepository } from './freezes.js';
import { idempotencyRepository } from './idempotency.js';
import { ingestionRepository } from './ingestions.js';
import { ledgerRepository } from './ledger.js';
import { modelRepository } from './models.js';
import { pipelineRepository } from './pipelines.js';
import { promotionRepository } from './promotions.js';
import { refusalRepository } from './refusals.js';
import { replicaRepository } from './replicas.js';
import { bulkClassificationRepository } from './bulk-classifications.js';
import { reproductionRepository } from './reproductions.js';
import { reviewRepository } from './reviews.js';
import { runRepository } from './runs.js';
import { selectionRepository } from './selections.js';
import { sessionRepository } from './sessions.js';
import { storageRepository } from './storage.js';
import { tokenRepository } from './tokens.js';
import { trialRepository } from './trials.js';
import { watchRepository } from './watches.js';
import { webhookRepository } from './webhooks.js';

export const createRepositories = (client: Client) => ({
  catalogue: catalogueRepository(client),
  corrections: correctionRepository(client),
  datasets: datasetRepository(client),
  deployments: deploymentRepository(client),
  erasures: erasureRepository(client),
  events: eventRepository(client),
  feedback: feedbackRepository(client),
  freezes: freezeRepository(client),
  idempotency: idempotencyRepository(client),
  ingestions: ingestionRepository(client),
  ledger: ledgerRepository(client),
  models: modelRepository(client),
  pipelines: pipelineRepository(client),
  promotions: promotionRepository(client),
  refusals: refusalRepository(client),
  replicas: replicaRepository(client),
  bulkClassifications: bulkClassificationRepository(client),
  reproductions: reproductionRepository(client),
  reviews: reviewRepository(client),
  runs: runRepository(client),
  selections: selectionRepository(client),
  sessions: sessionRepository(client),
  storage: storageRepository(client),
  tokens: tokenRepository(client),
  trials: trialRepository(client),
  watches: watchRepository(client),
  webhooks: webhookRepository(client),
});
export type Repositories = ReturnType<typeof createRepositories>;
