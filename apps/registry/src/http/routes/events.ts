/** The event stream, as server-sent events. `ready` says where it starts; each `change` is a RegistryEvent. */
import { AppError } from '@graft/contracts';
import { z } from 'zod';
import type { EventFeed } from '../../events/event-feed.js';
import type { App } from '../app-types.js';

/** The header that a browser or client sends when it takes a broken stream up again wins over the query. */
const startOf = (header: string | null, after: number | undefined): number | undefined => {
  if (header === null || header === '') return after;
  const id = Number(header);
  if (Number.isSafeInteger(id) && id >= 0) return id;
  throw new AppError('invalid_request', `Last-Event-ID: expected a whole number, got "${header.slice(0, 40)}"`);
};

export const eventRoutes = (app: App, { feed, closing }: { feed: EventFeed; closing: AbortSignal }): void => {
  app.get(
    '/v1/events',
    {
      sse: 'only',
      schema: {
        operationId: 'streamEvents',
        description: 'Hints that something changed (text/event-stream), after an id or from now on. Poll as well.',
        tags: ['events'],
        querystring: z.object({ after: z.coerce.number().int().min(0).optional() }),
      },
    },
    async (request, reply) => {
      // A client that comes back on its old connection would hold a closing server open.
      if (closing.aborted) throw new AppError('unavailable', 'the registry is shutting down');
      reply.header('connection', 'close');
      const start = startOf(reply.sse.lastEventId, request.query.after) ?? (await feed.latestId());
      const gone = new AbortController();
      reply.sse.onClose(() => gone.abort());
      await reply.sse.send({ id: String(start), event: 'ready', data: { after: start } });
      for await (const event of feed.follow(start, AbortSignal.any([gone.signal, closing]))) {
        if (!reply.sse.isConnected) return;
        await reply.sse.send({ id: String(event.id), event: 'change', data: event });
      }
    },
  );
};
