/** Finding free TCP ports on the loopback address. */
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

const LOOPBACK = '127.0.0.1';

const tryListen = (port: number): Promise<number | null> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(null));
    server.listen({ host: LOOPBACK, port, exclusive: true }, () => {
      const { port: got } = server.address() as AddressInfo;
      server.close(() => resolve(got));
    });
  });

export const isPortFree = async (port: number): Promise<boolean> => (await tryListen(port)) !== null;

/** Ports handed out by this process: several may be asked for before the first is taken. */
const handedOut = new Set<number>();

/** `preferred` (whose place nobody else is given) when it is free, else any free port that this process hasn't handed out yet. */
export const pickPort = async (preferred?: number): Promise<number> => {
  if (preferred !== undefined && (await isPortFree(preferred))) {
    handedOut.add(preferred);
    return preferred;
  }
  for (;;) {
    const port = await tryListen(0);
    if (port !== null && !handedOut.has(port)) {
      handedOut.add(port);
      return port;
    }
  }
};

/** Whether something answers on a TCP port within `timeoutMs`. */
export const isPortOpen = (port: number, host = LOOPBACK, timeoutMs = 500): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host });
    const finish = (open: boolean): void => {
      socket.destroy();
      resolve(open);
    };
    socket.setTimeout(timeoutMs, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
