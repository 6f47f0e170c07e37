/** What never became a request (its head is too large, it doesn't come whole, it isn't HTTP) is refused in the form of all refusals. */
import { maxHeaderSize, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { AppError, toProblem, type Problem } from '@graft/contracts';

const problemOf = (code: string | undefined): Problem => {
  const invalid = (detail: string): Problem => toProblem(new AppError('invalid_request', detail));
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return { ...invalid(`the request's line and headers are larger than ${maxHeaderSize} bytes`), status: 431 };
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { ...invalid('the request did not come whole in time'), status: 408 };
    default:
      return invalid('what came is not a request of HTTP/1.1');
  }
};

/** For Fastify's `clientErrorHandler`. */
export const refuseBrokenRequest = ({ code }: { code?: string }, socket: Socket): void => {
  // A client that hung up, or an answer that is half sent already: nothing can be said any more.
  if (code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const problem = problemOf(code);
  const body = JSON.stringify(problem);
  socket.end(
    [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
      'content-type: application/problem+json',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  );
};
