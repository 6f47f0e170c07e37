/** `/v1/pins`: this one replica, set by hand while the registry is down. */
import { nameSchema, newPinSchema, pinEndSchema, pinSchema, pinsSchema, problemSchema } from '@graft/contracts';
import { z } from 'zod';
import type { PinDesk } from '../replica/pins/pin-desk.js';
import type { App } from './app-types.js';
import { sendProblem } from './errors.js';
import { requireOperator } from './require-operator.js';

export interface PinRouteOptions {
  readonly desk: Pick<PinDesk, 'list' | 'pin' | 'unpin'>;
  readonly token: string;
}

const MAX_BODY_BYTES = 16 * 1024;
const byModel = z.object({ model: nameSchema });

export const pinRoutes = async (app: App, { desk, token }: PinRouteOptions): Promise<void> => {
  const errors = { '4xx': problemSchema, '5xx': problemSchema };
  const tags = ['pins'];
  app.setErrorHandler(sendProblem);
  app.addHook('onRequest', async (request) => requireOperator(request, token));
  app.get(
    '/v1/pins',
    {
      schema: {
        ...{ operationId: 'listPins', tags, response: { 200: pinsSchema, ...errors } },
        description: 'What is pinned by hand. From this machine alone, with the replica’s token.',
      },
    },
    async () => ({ schemaVersion: 'pins.v1' as const, pins: [...desk.list()] }),
  );
  app.put(
    '/v1/pins/:model',
    {
      bodyLimit: MAX_BODY_BYTES,
      schema: {
        ...{ operationId: 'pin', tags, params: byModel, body: newPinSchema, response: { 200: pinSchema, ...errors } },
        description:
          'Sets this replica to a version by hand, once it is loaded and checked. Refused while the registry answers. From this machine alone, with the replica’s token.',
      },
    },
    ({ params, body }) => desk.pin(params.model, body),
  );
  app.delete(
    '/v1/pins/:model',
    {
      bodyLimit: MAX_BODY_BYTES,
      schema: {
        ...{ operationId: 'unpin', tags, params: byModel, body: pinEndSchema, response: { 200: pinSchema, ...errors } },
        description:
          'Back to what the ledger says, as far as the replica knows. From this machine alone, with its token.',
      },
    },
    ({ params, body }) => desk.unpin(params.model, body),
  );
};
