/** Closing without losing a request and without waiting for who never lets go. */
import type { Socket } from 'node:net';
import type { HttpApp } from './http-app.js';

/** For a request that was on its way when the close began. */
const FRESH_GRACE_MS = 250;
/** For requests that are being answered. */
const GRACE_MS = 5_000;

/**
 * Requests in flight end; answers say that the connection closes. What Node's server would wait for without end is cut: a
 * connection that was opened ahead and never carried a request (fetch keeps such), and whoever is not done in 5 s.
 * Returns the signal that long streams end on.
 */
export const drainOnClose = (app: HttpApp): AbortSignal => {
  const closing = new AbortController();
  const unused = new Set<Socket>();
  const timers: NodeJS.Timeout[] = [];
  app.server.on('connection', (socket: Socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
  app.server.on('request', ({ socket }: { socket: Socket }) => unused.delete(socket));
  app.addHook('preClose', async () => {
    closing.abort();
    timers.push(
      setTimeout(() => unused.forEach((socket) => socket.destroy()), FRESH_GRACE_MS),
      setTimeout(() => app.server.closeAllConnections(), GRACE_MS),
    );
  });
  app.addHook('onClose', async () => timers.forEach(clearTimeout));
  app.addHook('onSend', async (_request, reply, payload) => {
    // Without it a client that keeps its connection alive holds the server open.
    if (closing.signal.aborted) reply.header('connection', 'close');
    return payload;
  });
  return closing.signal;
};
