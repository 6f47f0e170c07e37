import type { IncomingMessage } from 'node:http';

/** How long a client that was answered early may go on sending, so that it gets to read the answer. */
const LINGER_MS = 1_000;

/** Reads what is left and throws it away, for a while: closing at once would take the answer from who still sends. */
export const linger = (request: IncomingMessage): void => {
  if (request.complete) return;
  request.on('error', () => undefined).resume();
  const timer = setTimeout(() => {
    if (!request.complete) request.socket.destroy();
  }, LINGER_MS);
  timer.unref();
  request.once('end', () => clearTimeout(timer));
};
