import {
  deploymentSchema,
  ledgerEntrySchema,
  nameSchema,
  newPromotionSchema,
  PROMOTION_STATES,
  promotionSchema,
  rollbackRequestSchema,
  type Promotion,
} from '@graft/contracts';
import { z } from 'zod';
import type { Services } from '../../services/index.js';
import { momentKeyOf } from '../../rules/page.js';
import { answers, idSchema, type App } from '../app-types.js';
import { momentKeySchema, pageOf, pageQuery, readPage } from '../pages.js';
import { principalOf } from '../principal.js';

const ofModel = z.object({ model: idSchema });
const byId = z.object({ id: idSchema });

const promotionRoutes = (app: App, services: Services): void => {
  const tags = ['promotions'];
  app.post(
    '/v1/models/:model/promotions',
    {
      schema: {
        operationId: 'requestPromotion',
        description: 'Asks for a promotion of an approved version; the orchestrator carries it out.',
        tags,
        params: ofModel,
        body: newPromotionSchema,
        response: answers(promotionSchema),
      },
    },
    (request) => services.requestPromotion(request.params.model, principalOf(request).name, request.body),
  );
  app.get(
    '/v1/promotions',
    {
      schema: {
        operationId: 'listPromotions',
        description: 'Newest first.',
        tags,
        querystring: z.object({
          state: z.enum(PROMOTION_STATES).optional(),
          model: idSchema.optional(),
          ...pageQuery(),
        }),
        response: answers(pageOf(promotionSchema)),
      },
    },
    (request) => {
      const { state, model } = request.query;
      const filter = { ...(state === undefined ? {} : { state }), ...(model === undefined ? {} : { model }) };
      return readPage(request, {
        key: momentKeySchema,
        list: (page) => services.listPromotions(filter, page),
        keyOf: momentKeyOf,
      });
    },
  );
  app.get(
    '/v1/promotions/:id',
    {
      schema: {
        operationId: 'getPromotion',
        description: 'How far it is, and why it failed where it did.',
        tags,
        params: byId,
        response: answers(promotionSchema),
      },
    },
    ({ params }) => services.getPromotion(params.id),
  );
  const step = (
    name: string,
    operationId: string,
    description: string,
    act: (id: string) => Promise<Promotion>,
  ): void => {
    app.post(
      `/v1/promotions/:id/${name}`,
      { schema: { operationId, description, tags, params: byId, response: answers(promotionSchema) } },
      ({ params }) => act(params.id),
    );
  };
  step(
    'prepare',
    'preparePromotion',
    'Asks replicas to load and check the version. Again: no change.',
    services.preparePromotion,
  );
  step(
    'commit',
    'commitPromotion',
    'Compare-and-swap on the generation, the row of the ledger and the event, in one transaction. Again: as it was committed.',
    services.commitPromotion,
  );
  step(
    'finish',
    'finishPromotion',
    'Once every live replica serves that generation or a newer one: 503 before. Again: no change.',
    services.finishPromotion,
  );
  app.post(
    '/v1/promotions/:id/fail',
    {
      schema: {
        operationId: 'failPromotion',
        description: 'Gives up one that is not committed. Again: no change.',
        tags,
        params: byId,
        body: z
          .object({ error: z.object({ code: z.string().max(100), message: z.string().max(2000) }) })
          .meta({ id: 'PromotionFailure' }),
        response: answers(promotionSchema),
      },
    },
    ({ params, body }) => services.failPromotion(params.id, body.error),
  );
};

export const deploymentRoutes = (app: App, services: Services): void => {
  const tags = ['deployments'];
  promotionRoutes(app, services);
  app.post(
    '/v1/models/:model/rollback',
    {
      schema: {
        operationId: 'rollback',
        description: 'Back to an earlier version, at once: one transaction that needs nothing but this registry.',
        tags,
        params: ofModel,
        body: rollbackRequestSchema,
        response: answers(ledgerEntrySchema),
      },
    },
    (request) => services.rollback(request.params.model, principalOf(request).name, request.body),
  );
  app.get(
    '/v1/models/:model/ledger',
    {
      schema: {
        operationId: 'listLedger',
        description: 'What was deployed, by whom and why; by environment, newest first.',
        tags,
        params: ofModel,
        querystring: z.object({ environment: nameSchema.optional(), ...pageQuery() }),
        response: answers(pageOf(ledgerEntrySchema)),
      },
    },
    (request) => {
      const { environment } = request.query;
      return readPage(request, {
        key: z.object({ environment: z.string(), generation: z.int() }),
        list: (page) =>
          services.listLedger(request.params.model, environment === undefined ? {} : { environment }, page),
        keyOf: (entry) => ({ environment: entry.environment, generation: entry.generation }),
      });
    },
  );
  app.get(
    '/v1/models/:model/deployments/:environment',
    {
      schema: {
        operationId: 'getDeployment',
        description: 'What an environment serves of a model; null where nothing was ever promoted.',
        tags,
        params: z.object({ model: idSchema, environment: idSchema }),
        response: answers(z.object({ deployment: deploymentSchema.nullable() })),
      },
    },
    async ({ params }) => ({ deployment: await services.getDeployment(params.model, params.environment) }),
  );
};
