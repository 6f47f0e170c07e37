import type { RefusalLog } from '../services/refusals.js';
import type { App } from './app-types.js';

/** Every answer of 401 or 403 is noted before it is sent. Of a token its name alone is. */
export const noteRefusals = (app: App, refusals: Pick<RefusalLog, 'note'>): void => {
  app.addHook('onSend', async (request, { statusCode: status }) => {
    const operation = request.routeOptions.schema?.operationId;
    if ((status !== 401 && status !== 403) || operation === undefined) return;
    const { token, ip } = request;
    refusals.note({ status, operation, token: token?.name ?? null, role: token?.role ?? null, address: ip });
  });
};
