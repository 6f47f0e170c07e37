/** Follows the registry's event stream: what an event may have changed is read again, by the pages that show it. */
import { AppError } from '@graft/contracts';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { signOut } from '../session/session.js';
import { TOUCHES } from './queries.js';
import { useRegistry } from './registry.js';

/** A training tells of itself many times a second; people see this often. */
const GATHER_MS = 400;

export const LiveUpdates = () => {
  const registry = useRegistry();
  const client = useQueryClient();
  useEffect(() => {
    const ended = new AbortController();
    const touched = new Set<string>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const refresh = (): void => {
      timer = undefined;
      for (const key of touched) void client.invalidateQueries({ queryKey: [key] });
      touched.clear();
    };
    const follow = async (): Promise<void> => {
      for await (const { kind } of registry.events({ signal: ended.signal })) {
        for (const key of TOUCHES[kind]) touched.add(key);
        timer ??= setTimeout(refresh, GATHER_MS);
      }
    };
    follow().catch((thrown: unknown) => {
      // The token has expired, or was revoked.
      if (thrown instanceof AppError && thrown.code === 'unauthenticated') signOut();
    });
    return () => {
      clearTimeout(timer);
      ended.abort();
    };
  }, [registry, client]);
  return null;
};
