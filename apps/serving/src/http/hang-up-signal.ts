import { setMaxListeners } from 'node:events';
import type { FastifyReply } from 'fastify';

/** Aborted when the client's connection closes before its answer is out; never by an answer that is. */
export const hangUpSignal = ({ raw }: FastifyReply): AbortSignal => {
  const controller = new AbortController();
  // Every image of a form listens.
  setMaxListeners(0, controller.signal);
  const abort = (): void => {
    if (!raw.writableFinished) controller.abort();
  };
  if (raw.destroyed) abort();
  else raw.once('close', abort);
  return controller.signal;
};
