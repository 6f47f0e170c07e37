/** The event stream, as server-sent events. `ready` says where it starts; each `change` is a RegistryEvent. */
import { AppError } from '@graft/contracts';
import { z } from 'zod';
import type { EventFeed } from '../../events/event-feed.js';
import type { TokenRow } from '../../repositories/tokens.js';
import type { App } from '../app-types.js';

/** The header that a browser or client sends when it takes a broken stream up again wins over the query. */
const startOf = (header: string | null, after: number | undefined): number | undefined => {
  if (header === null || header === '') return after;
  const id = Number(header);
  if (Number.isSafeInteger(id) && id >= 0) return id;
  throw new AppError('invalid_request', `Last-Event-ID: expected a whole number, got "${header.slice(0, 40)}"`);
};

interface EventRouteOptions {
  readonly feed: EventFeed;
  readonly closing: AbortSignal;
  /** Whether a token, or a session, still gives its rights. */
  readonly isLive: (token: Pick<TokenRow, 'id' | 'kind'>) => Promise<boolean>;
}

/** How long a silent stream may outlive its token. Nothing is told on it meanwhile. */
const LOOK_EVERY_MS = 10_000;

/** Answers that are kept for others who listen by the same token and are told the same event. */
const SHARED_ANSWERS = 256;

/**
 * Whether a token is live when an event is told, looked up once for all streams of that token. Never before the event was: what follows a
 * revocation isn't told.
 */
const shareLooks = (
  isLive: EventRouteOptions['isLive'],
): ((token: Pick<TokenRow, 'id' | 'kind'>, event: number) => Promise<boolean>) => {
  const answers = new Map<string, Promise<boolean>>();
  return (token, event) => {
    const key = `${token.kind} ${token.id} ${event}`;
    const known = answers.get(key);
    if (known !== undefined) return known;
    const answer = isLive(token);
    answers.set(key, answer);
    // A database that is away answers nobody else.
    answer.catch(() => answers.delete(key));
    const [oldest] = answers.keys();
    if (answers.size > SHARED_ANSWERS && oldest !== undefined) answers.delete(oldest);
    return answer;
  };
};

export const eventRoutes = (app: App, { feed, closing, isLive }: EventRouteOptions): void => {
  const isLiveAt = shareLooks(isLive);
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
      const { token } = request;
      const isAllowed = async (): Promise<boolean> => token !== null && (await isLive(token));
      const look = setInterval(() => {
        isAllowed().then(
          (allowed) => allowed || gone.abort(),
          // A database that is away takes no rights.
          () => undefined,
        );
      }, LOOK_EVERY_MS);
      gone.signal.addEventListener('abort', () => clearInterval(look));
      reply.sse.onClose(() => gone.abort());
      try {
        await reply.sse.send({ id: String(start), event: 'ready', data: { after: start } });
        for await (const event of feed.follow(start, AbortSignal.any([gone.signal, closing]))) {
          if (!reply.sse.isConnected || token === null || !(await isLiveAt(token, event.id))) break;
          await reply.sse.send({ id: String(event.id), event: 'change', data: event });
        }
      } finally {
        gone.abort();
      }
    },
  );
};
