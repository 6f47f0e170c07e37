/** The registry's event stream as an async iterable that reconnects by itself. */
import { AppError, isRetryable, registryEventSchema, type RegistryEvent } from '@graft/contracts';
import { EventSourceParserStream, type EventSourceMessage } from 'eventsource-parser/stream';
import type { EventRegistry } from '../registry.js';
import { toAnswerError, type Transport } from './transport.js';

/** The registry sends a comment every 10 s; a connection that is silent for longer than this is dead. */
const SILENCE_MS = 30_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Also where the signal aborts. Not node's own: browsers follow the stream too. */
const pause = (milliseconds: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end);
  });

/** One connection, until it ends. Each message of the stream as it comes. */
async function* connection(
  transport: Transport,
  after: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<EventSourceMessage> {
  const mine = new AbortController();
  let timer = setTimeout(() => mine.abort(), SILENCE_MS);
  const alive = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      clearTimeout(timer);
      timer = setTimeout(() => mine.abort(), SILENCE_MS);
      controller.enqueue(chunk);
    },
  });
  try {
    const response = await transport.open({
      path: ['v1', 'events'],
      headers: {
        accept: 'text/event-stream',
        ...(after === undefined ? {} : { 'last-event-id': String(after) }),
      },
      signal: AbortSignal.any([signal, mine.signal]),
    });
    if (!response.ok) throw await toAnswerError(response, response.url);
    if (response.body === null) return;
    const messages = response.body
      .pipeThrough(alive)
      .pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>)
      .pipeThrough(new EventSourceParserStream());
    yield* messages;
  } finally {
    clearTimeout(timer);
    mine.abort();
  }
}

/**
 * Follows the stream until the signal aborts. A broken connection is taken up again after the last id that came.
 * @throws AppError when the registry refuses (no token, no right): trying again would not help.
 */
export const createEventRegistry = (transport: Transport): EventRegistry => ({
  async *events({ signal, after }): AsyncGenerator<RegistryEvent> {
    let cursor = after;
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      const startedAt = performance.now();
      try {
        for await (const message of connection(transport, cursor, signal)) {
          if (message.id !== undefined && message.id !== '') cursor = Number(message.id);
          // `ready` says where the stream starts; what is of a kind that this client doesn't know is passed over.
          if (message.event !== 'change') continue;
          const event = registryEventSchema.safeParse(JSON.parse(message.data));
          if (event.success) yield event.data;
        }
      } catch (thrown) {
        if (thrown instanceof AppError && !isRetryable(thrown.code)) throw thrown;
      }
      if (signal.aborted) return;
      if (performance.now() - startedAt > LONGEST_PAUSE_MS) pauseMs = FIRST_PAUSE_MS;
      await pause(pauseMs, signal);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  },
});
