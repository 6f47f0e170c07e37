/** Bytes over a connection of their own. */
import { connect } from 'node:net';

/** Sends, says that no more comes, and gives all that was answered before the connection closed. */
export const sendRaw = (url: string, bytes: Uint8Array): Promise<string> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    let said = '';
    const socket = connect({ host: hostname, port: Number(port) }, () => socket.end(bytes));
    socket.setEncoding('latin1').on('data', (chunk: string) => (said += chunk));
    // Cut off while it was sending: what was answered counts.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(said));
  });
