import { epochRaiseSchema, epochSchema, raisedEpochSchema } from '@graft/contracts';
import type { Services } from '../../services/index.js';
import { answers, type App } from '../app-types.js';
import { principalOf } from '../principal.js';

export const epochRoutes = (app: App, services: Services): void => {
  const tags = ['deployments'];
  app.get(
    '/v1/epoch',
    {
      schema: {
        operationId: 'getEpoch',
        description: 'The present epoch, and what live replicas serve that the ledgers know nothing of.',
        tags,
        response: answers(epochSchema),
      },
    },
    () => services.getEpoch(),
  );
  app.post(
    '/v1/epoch',
    {
      schema: {
        operationId: 'raiseEpoch',
        description:
          'After a restore of the database: begins a new epoch, in which replicas serve what the ledgers end in.',
        tags,
        body: epochRaiseSchema,
        response: answers(raisedEpochSchema),
      },
    },
    (request) => services.raiseEpoch(principalOf(request).name, request.body),
  );
};
