/** Ending well: on a signal, or on an error that nobody caught, close what is open, then exit. */
import closeWithGrace from 'close-with-grace';
import type { Logger } from './logger.js';

export interface ShutdownOptions {
  readonly logger: Logger;
  readonly close: () => Promise<void>;
  /** How long `close` may take before the process exits regardless; default 10 s. */
  readonly timeoutMs?: number;
}

export interface Shutdown {
  /** Ends the process as a signal would. */
  close(): void;
  /** Takes the listeners off again. */
  uninstall(): void;
}

/** Exit code 0 after a signal, 1 after an uncaught error, a failed or overlong `close`, or a second signal. */
export const onShutdown = ({ logger, close, timeoutMs = 10_000 }: ShutdownOptions): Shutdown =>
  closeWithGrace(
    {
      delay: timeoutMs,
      // Its own logger prints plain text: say the same through ours.
      logger: { error: (message: unknown) => logger.error({ detail: String(message) }, 'shutdown: closing') },
    },
    async ({ signal, err }) => {
      if (err === undefined) logger.info({ signal }, 'shutdown: closing');
      else logger.fatal({ err }, 'shutdown: an error that nobody caught');
      await close();
      logger.info('shutdown: closed');
    },
  );
