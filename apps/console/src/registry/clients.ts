/** The registry's client and what was read by it, of whoever is signed in: what one person may read, the next one to sign in may not. */
import { isRetryable, toAppError } from '@graft/contracts';
import { createRegistryClient, type Registry } from '@graft/registry-client/http';
import { QueryClient } from '@tanstack/react-query';
import { queries, type Queries } from './queries.js';

export interface Clients {
  readonly registry: Registry;
  readonly cache: QueryClient;
}

const createClients = (token: string): Clients => ({
  registry: createRegistryClient({ url: location.origin, token, retries: 1 }),
  cache: new QueryClient({
    defaultOptions: {
      queries: {
        // Events say when to read again.
        staleTime: 30_000,
        retry: (failures, thrown) => failures < 2 && isRetryable(toAppError(thrown).code),
      },
    },
  }),
});

let known: { readonly token: string; readonly clients: Clients } | null = null;

export const clientsOf = (token: string): Clients => {
  if (known?.token !== token) known = { token, clients: createClients(token) };
  return known.clients;
};

/**
 * Reads what a page is about to ask for, while its scripts are still on their way. What fails is asked again by the page, which tells.
 * @param token null: nobody is signed in, and nothing is read
 */
export const readAhead = (token: string | null, read: (ask: Queries, cache: QueryClient) => Promise<unknown>): void => {
  if (token === null) return;
  const { registry, cache } = clientsOf(token);
  read(queries(registry), cache).catch(() => undefined);
};
