/** Replicas of a front that are servers of this process: they answer, hang and die as they are told. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SpawnedReplica, SpawnRequest } from '../front/replica-set.js';

export type Behave = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface FakeReplica extends SpawnedReplica {
  readonly request: SpawnRequest;
  isReady: boolean;
  /** Answers nothing, not even whether it is well. */
  isFrozen: boolean;
  /** As kill -9 would. */
  die(): void;
}

/** The body of a request, whole. */
export const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
};

export interface FakeReplicas {
  /** In the order in which they were started. */
  readonly spawned: FakeReplica[];
  /** What they do with a request that isn't about their health. */
  behave: Behave;
  spawn(request: SpawnRequest): SpawnedReplica;
}

export const createFakeReplicas = (): FakeReplicas => {
  const fakes: FakeReplicas = {
    spawned: [],
    behave: async (request, response) => {
      response.end(
        JSON.stringify({ method: request.method, url: request.url, length: (await bodyOf(request)).length }),
      );
    },
    spawn: (request) => {
      let tellEnd: (how: string) => void = () => undefined;
      const server: Server = createServer((incoming, response) => {
        if (replica.isFrozen) return;
        if (incoming.url === '/v2/health/ready') return void response.writeHead(replica.isReady ? 200 : 503).end();
        response.setHeader('x-id', request.id);
        void fakes.behave(incoming, response);
      });
      const end = (how: string): void => {
        server.close(() => tellEnd(how));
        server.closeAllConnections();
      };
      const replica: FakeReplica = {
        request,
        isReady: true,
        isFrozen: false,
        pid: 1000 + fakes.spawned.length,
        listening: once(server, 'listening').then(() => `http://127.0.0.1:${(server.address() as AddressInfo).port}`),
        ended: new Promise((resolve) => (tellEnd = resolve)),
        kill: (signal) => end(signal),
        die: () => end('SIGKILL'),
      };
      server.listen(request.port, '127.0.0.1');
      fakes.spawned.push(replica);
      return replica;
    },
  };
  return fakes;
};
