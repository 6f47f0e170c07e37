/** Who asks, what they may ask for (a client offers nothing else), and where else they may look. */
import { callerSchema, linksSchema, type Links } from '@graft/contracts';
import { ACCESS, isOperation, mayCall } from '../../rules/roles.js';
import { maySession } from '../../rules/session.js';
import { answers, type App } from '../app-types.js';
import { principalOf } from '../principal.js';

export const callerRoutes = (app: App, links: Links): void => {
  app.get(
    '/v1/caller',
    {
      schema: {
        operationId: 'getCaller',
        description: 'The name and the role behind the token that is sent, and the operations that it may call.',
        tags: ['tokens'],
        response: answers(callerSchema),
      },
    },
    async (request) => {
      const { name, role } = principalOf(request);
      const isSession = request.token?.kind === 'session';
      const operations = Object.keys(ACCESS).filter(
        (one) => isOperation(one) && mayCall(role, one) && (!isSession || maySession(one)),
      );
      return { name, role, operations };
    },
  );
  app.get(
    '/v1/links',
    {
      schema: {
        operationId: 'getLinks',
        description: 'Where else people look: the address of Temporal’s UI below which each workflow is.',
        tags: ['tokens'],
        response: answers(linksSchema),
      },
    },
    () => links,
  );
};
