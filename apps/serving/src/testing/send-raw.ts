/** Bytes over a connection of their own. */
import { connect } from 'node:net';

/** After an answer: a connection that stays open has no more to say. */
const IDLE_MS = 200;

/**
 * Sends, and gives all that was answered. What isn't a whole request waits until the server cuts it off. The connection stays
 * open on this side meanwhile: Node takes a client that closes its half for one that is gone.
 */
export const sendRaw = (url: string, bytes: Uint8Array): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    let said = '';
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.write(bytes));
    socket.setEncoding('latin1').on('data', (chunk: string) => {
      said += chunk;
      socket.setTimeout(IDLE_MS, () => socket.destroy());
    });
    // Cut off while it was sending: what was answered counts.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(said));
  });
