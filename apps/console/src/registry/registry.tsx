/** The registry as pages ask it, by the token of who is signed in. */
import type { Caller } from '@graft/contracts';
import type { Registry } from '@graft/registry-client/http';
import { createContext, useContext, type ReactNode } from 'react';

const RegistryContext = createContext<Registry | null>(null);
const CallerContext = createContext<Caller | null>(null);

export const RegistryProvider = ({ registry, children }: { registry: Registry; children: ReactNode }) => (
  <RegistryContext value={registry}>{children}</RegistryContext>
);

export const CallerProvider = ({ caller, children }: { caller: Caller; children: ReactNode }) => (
  <CallerContext value={caller}>{children}</CallerContext>
);

export const useRegistry = (): Registry => {
  const registry = useContext(RegistryContext);
  if (registry === null) throw new Error('useRegistry outside of RegistryProvider');
  return registry;
};

export const useCaller = (): Caller => {
  const caller = useContext(CallerContext);
  if (caller === null) throw new Error('useCaller outside of CallerProvider');
  return caller;
};

/** Whether who is signed in may call an operation: what they may not do isn't offered. The registry refuses it all the same. */
export const useMay = (operation: string): boolean => useCaller().operations.includes(operation);
