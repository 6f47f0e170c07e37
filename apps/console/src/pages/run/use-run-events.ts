/** The events of a run: read once, then those that came since. */
import type { RunEvent } from '@graft/contracts';
import { useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { useRegistry } from '../../registry/registry.js';

const EVENTS_A_CALL = 1000;

/** Its key is one of `runs`, so that an event of the stream has it read on from the last sequence number. */
export const useRunEvents = (id: string): UseQueryResult<readonly RunEvent[]> => {
  const [registry, client] = [useRegistry(), useQueryClient()];
  const queryKey = ['runs', id, 'events'];
  return useQuery({
    queryKey,
    queryFn: async (): Promise<readonly RunEvent[]> => {
      const known = [...(client.getQueryData<readonly RunEvent[]>(queryKey) ?? [])];
      for (;;) {
        const fresh = await registry.listRunEvents(id, { after: known.at(-1)?.seq ?? 0, limit: EVENTS_A_CALL });
        known.push(...fresh);
        if (fresh.length < EVENTS_A_CALL) return known;
      }
    },
    // The array only grows at its end: comparing all of it each time would be for nothing.
    structuralSharing: false,
  });
};
