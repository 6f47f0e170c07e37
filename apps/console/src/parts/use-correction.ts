import type { NewCorrection } from '@graft/contracts';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRegistry } from '../registry/registry.js';

/** Sends a correction, and says what becomes of it. */
export const useCorrection = (dataset: string, onDone: () => void) => {
  const registry = useRegistry();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (correction: NewCorrection) => registry.createCorrection(dataset, correction),
    onSuccess: ({ number }) => {
      notifications.show({ message: `Correction ${number} of ${dataset}: the next version takes it in.` });
      void client.invalidateQueries({ queryKey: ['datasets'] });
      onDone();
    },
  });
};
